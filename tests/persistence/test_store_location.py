"""How a store is named, and that no password is shown, whatever is wrong with the name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.errors import ConfigError
from hfs.persistence.store_location import StoreLocation, parse_store

HOME = Path("/srv/someone/.hfs")
SECRET = "Sw0rdf1sh"


def test_documents_are_the_files_in_the_home_folder() -> None:
    store = parse_store("documents", HOME)
    assert (store.kind, store.path, store.url, store.shown) == ("documents", None, None, "documents")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("sqlite", HOME / "sessions.db", id="the default"),
        pytest.param("sqlite:///team.db", HOME / "team.db", id="relative"),
        pytest.param("sqlite:////data/x/team.db", Path("/data/x/team.db"), id="absolute"),
        pytest.param("sqlite+aiosqlite:////data/team.db", Path("/data/team.db"), id="with the driver"),
        pytest.param("sqlite:///~/team.db", Path.home() / "team.db", id="the user's folder"),
        pytest.param("sqlite:////data/a%20b%3F%25.db", Path("/data/a b?%.db"), id="encoded"),
    ],
)
def test_a_sqlite_store_is_a_file(text: str, path: Path) -> None:
    store = parse_store(text, HOME)
    assert (store.kind, store.path) == ("sqlite", path)
    assert parse_store(store.shown, HOME) == store


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        pytest.param("postgresql://u@h/d", "postgresql+asyncpg://u@h/d", "postgresql://u@h/d", id="bare"),
        pytest.param("postgres://u@h/d", "postgresql+asyncpg://u@h/d", "postgresql://u@h/d", id="the old name"),
        pytest.param("postgresql+asyncpg://h:7/d", "postgresql+asyncpg://h:7/d", "postgresql://h:7/d", id="asyncpg"),
        pytest.param("postgresql+psycopg://h/d", "postgresql+psycopg://h/d", "postgresql+psycopg://h/d", id="psycopg"),
        pytest.param(
            "postgresql://a%40b:p%2F%40@[::1]:7/d%20e",
            "postgresql+asyncpg://a%40b:p%2F%40@[::1]:7/d%20e",
            "postgresql://a%40b@[::1]:7/d%20e",
            id="IPv6 and encoding",
        ),
        pytest.param(
            "postgresql://u@/d?host=/run/pg&password=x",
            "postgresql+asyncpg://u:x@/d?host=/run/pg",
            "postgresql://u@/d?host=/run/pg",
            id="a socket, and the password among the parameters",
        ),
        pytest.param(
            "postgresql://%2Frun%2Fpg/d",
            "postgresql+asyncpg:///d?host=/run/pg",
            "postgresql:///d?host=/run/pg",
            id="a socket as the host",
        ),
        pytest.param(
            "postgresql://u@H.example/d?sslmode=verify-full",
            "postgresql+asyncpg://u@h.example/d?ssl=verify-full",
            "postgresql://u@h.example/d?ssl=verify-full",
            id="encryption",
        ),
    ],
)
def test_a_postgresql_store_is_a_database_on_a_server(text: str, url: str, shown: str) -> None:
    store = parse_store(text, HOME)
    assert (store.kind, store.path, store.url, store.shown) == ("postgresql", None, url, shown)


def test_a_password_from_elsewhere_is_used_where_the_name_has_none() -> None:
    assert parse_store("postgresql://u@h/d", HOME, "p@:/").url == "postgresql+asyncpg://u:p%40%3A%2F@h/d"
    assert parse_store("postgresql://u@h/d", HOME, "p@:/").password == "p@:/"
    assert parse_store("postgresql://u:own@h/d", HOME, "other").password == "own"
    assert parse_store("postgresql://u@h/d", HOME, "").password is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("sqllite", "Did you mean sqlite?", id="a misspelt word"),
        pytest.param("postgresq://u@h/d", "Did you mean postgresql://…?", id="a misspelt scheme"),
        pytest.param("postgres", "Did you mean postgresql://…?", id="no address"),
        pytest.param("document", "Did you mean documents?", id="one of many"),
        pytest.param("/data/x.db", "sqlite:////data/x.db", id="a path"),
        pytest.param("mysql://u@h/d", "'mysql' names no store. There are: documents", id="another database"),
        pytest.param("", "An empty text names no store", id="nothing"),
        pytest.param("sqlite://x.db", "three slashes", id="two slashes"),
        pytest.param("sqlite:///", "needs a file", id="no file"),
        pytest.param("sqlite:///:memory:", "--no-save", id="in memory"),
        pytest.param("sqlite:///x.db?mode=ro", "a file and nothing else", id="parameters"),
        pytest.param("postgresql://h", "needs a database", id="no database"),
        pytest.param("postgresql://a,b/d", "USER@HOST", id="two servers"),
        pytest.param("postgresql://h:x/d", "USER@HOST:PORT/DATABASE", id="a port that is none"),
        pytest.param("postgresql://h/d?sslrotcert=x", "sslmode", id="an unknown parameter"),
        pytest.param("postgresql://h/d?ssl", "with a value", id="a parameter without a value"),
        pytest.param("postgresql://h/d/e", "USER@HOST", id="too long a path"),
        pytest.param("postgresql://h/d%00", "USER@HOST", id="a NUL"),
    ],
)
def test_what_names_no_store_is_an_error_that_says_what_does(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        parse_store(text, HOME)


def test_three_slashes_before_what_was_meant_to_be_absolute_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"sqlite:///{tmp_path}/x.db")):
        parse_store(f"sqlite://{tmp_path}/x.db", tmp_path)
    (tmp_path / "sub").mkdir()
    assert parse_store("sqlite:///sub/x.db", tmp_path).path == tmp_path / "sub" / "x.db"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://u:{SECRET}@h/d",
        f"postgresql://u:a@{SECRET}@h/d",
        f"postgresql://u:a/{SECRET}@h/d",
        f"postgresql://u:1?{SECRET}=x@h/d",
        f"postgresql://u:1#{SECRET}@h/d",
        f"postgresql://u:a:{SECRET}@h/d",
        f"postgresql://u:a {SECRET}@h/d",
        f"postgresql://u:{SECRET}@h",
        f"postgresql://u:{SECRET}@h:x/d",
        f"postgresql://u:{SECRET}@h/d?nothing=1",
        f"postgresql://u@h/d?password={SECRET}",
        f"postgresql://u@h/d?pasword={SECRET}",
        f"postgresq://u:{SECRET}@h/d",
        f"mysql://u:{SECRET}@h/d",
        f"u:{SECRET}@h/d",
        f"sqlite://u:{SECRET}@h/d",
    ],
)
def test_no_password_is_shown_also_where_it_is_not_encoded(text: str) -> None:
    try:
        store = parse_store(text, HOME)
    except ConfigError as error:
        assert SECRET not in str(error)
        assert SECRET not in repr(error.__cause__) + repr(error.__context__)
    else:
        assert SECRET not in " ".join([repr(store), store.shown, store.label, store.folder_name])
        assert store.password == SECRET


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
HOSTS = st.one_of(
    st.from_regex(r"[a-z][a-z0-9.-]{0,10}", fullmatch=True), st.just("2001:db8::1"), st.just("/run/p g"), st.just("")
)


# SQLAlchemy 2.0 takes these as they are encoded.
PLAIN = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters=" %?#@/:"), min_size=1, max_size=12
)


@given(user=NAMES, password=NAMES, host=HOSTS, port=st.sampled_from(["", "5433"]), database=PLAIN)
def test_sqlalchemy_opens_what_was_named(user: str, password: str, host: str, port: str, database: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from urllib.parse import quote

    socket = host.startswith("/")
    where = "" if socket else f"[{host}]" if ":" in host else host
    text = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{where}{':' if port else ''}{port}"
    text += f"/{quote(database, safe='')}{f'?host={quote(host)}' if socket else ''}"
    store = parse_store(text, HOME)
    url = sqlalchemy.make_url(store.url)
    assert (url.username, url.password, url.database) == (user, password, database)
    assert (url.query["host"] if socket else url.host or "") == host
    assert url.port == (int(port) if port else None)
    assert parse_store(store.shown, HOME, password) == store


@given(name=PLAIN)
def test_sqlalchemy_opens_the_file_that_was_named(name: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from urllib.parse import quote

    store = parse_store(f"sqlite:////data/{quote('x' + name)}", HOME)
    assert Path(sqlalchemy.make_url(store.url).database) == store.path == Path(f"/data/x{name}")


PIECES = st.one_of(
    st.sampled_from("/:@?=&#~[], \n\ud800éuhd7"),
    st.sampled_from(["host=", "password=", "user=", "%2F", "%2", "%00", "%ff", "[::1]", "..", "documents", "x" * 300]),
)
NAMED = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(["", "sqlite:///", "sqlite:////", "postgresql://", "postgresql+psycopg://", "postgresql://h/"]),
    st.lists(PIECES, max_size=10),
)


@given(text=st.one_of(st.text(), NAMED))
def test_any_text_names_a_store_or_is_refused(text: str) -> None:
    try:
        store = parse_store(text, HOME, SECRET)
    except ConfigError as error:
        assert SECRET not in str(error)
    else:
        assert SECRET not in repr(store)
        assert parse_store(store.shown, HOME, store.password) == store


def test_each_store_has_a_folder_of_its_own_whose_name_every_file_system_takes() -> None:
    texts = [
        "sqlite",
        "sqlite:////data/sessions.db",
        "sqlite:////data2/sessions.db",
        "postgresql://u@h/d",
        "postgresql://v@h/d",
        "postgresql://u@h:5433/d",
        "postgresql://u@h/%2e%2e%2f%2e%2e%2fd",
        "postgresql://u@h/D",
        "postgresql://u@/d?host=/run/pg",
        f"postgresql://u@h/{'d' * 300}",
        "postgresql://u@h/%E6%BC%A2",
    ]
    names = {parse_store(text, HOME).folder_name for text in texts}
    assert len({name.lower() for name in names}) == len(texts)
    assert all(re.fullmatch(r"(sqlite|postgresql)-[A-Za-z0-9._-]{8,80}", name) for name in names)


def test_the_folder_stays_when_only_how_one_comes_to_the_store_changes() -> None:
    def folder(text: str, home: Path = HOME, password: str | None = None) -> str:
        store: StoreLocation = parse_store(text, home, password)
        return store.folder_name

    ways = ["postgresql://u@h/d", "postgres://u:pw@h/d", "postgresql+psycopg://u@h/d?sslmode=require"]
    assert len({folder(way) for way in ways} | {folder(ways[0], password="x")}) == 1
    assert folder("sqlite") == folder("sqlite", Path("/elsewhere")) == folder("sqlite:///sessions.db")


def test_naming_a_store_imports_no_engine() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom hfs.persistence.store_location import parse_store\n"
        "parse_store('postgresql://u:p@h/d', Path('/x'))\n"
        "print(*{'sqlalchemy', 'sqlite3', 'asyncpg', 'asyncio', 'hfs.persistence._store'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
