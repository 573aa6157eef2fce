"""Files of a message of ChatGPT: uploads, images that were made, what was spoken. Only named: an export has the bytes
in files of their own.
"""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.fields import as_dict, as_dicts, as_text
from hfs.transfer.importers._attachments import described

_NESTED: Final = ("audio_asset_pointer", "video_container_asset_pointer")


def is_asset(part: dict[str, Any]) -> bool:
    """Whether a part stands for a file."""
    return bool(_pointers(part))


def attachments(content: dict[str, Any], metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of a message, each once: ``{"name", "type", "size", "ref", …}``."""
    uploads = list(filter(None, map(_upload, as_dicts(metadata.get("attachments")))))
    by_id = {item["ref"]: item for item in uploads if "ref" in item}
    found = []
    for part in as_dicts(content.get("parts")):
        for pointer in _pointers(part):
            asset = _asset(pointer)
            upload = by_id.get(asset["ref"].rpartition("/")[2])
            if upload is None:
                found.append(asset)
            else:
                # The same file, once as it was uploaded and once as it was shown.
                for name, value in asset.items():
                    upload.setdefault(name, value)
                upload["ref"] = asset["ref"]
    return [*uploads, *found]


def _pointers(part: dict[str, Any]) -> list[dict[str, Any]]:
    found = [part, *(as_dict(part.get(name)) for name in _NESTED), *as_dicts(part.get("frames_asset_pointers"))]
    return [one for one in found if as_text(one.get("asset_pointer"))]


def _asset(pointer: dict[str, Any]) -> dict[str, Any]:
    kind = as_text(pointer.get("content_type")).partition("_")[0]
    measures = described(pointer, size="size_bytes", width="width", height="height")
    item = {**({"type": kind} if kind else {}), **measures, "ref": as_text(pointer.get("asset_pointer"))}
    prompt = as_text(as_dict(as_dict(pointer.get("metadata")).get("dalle")).get("prompt"))
    return {**item, "content": prompt} if prompt else item


def _upload(attachment: dict[str, Any]) -> dict[str, Any]:
    kind = described(attachment, type="mimeType") or described(attachment, type="mime_type")
    named = described(attachment, name="name", size="size", width="width", height="height", ref="id")
    return {**named, **kind}
