# Completion of hfs for bash. Made by: hfs completion bash

_hfs_completion() {
    local program=$1 answer line how
    COMPREPLY=()
    [[ $program == '~/'* ]] && program=$HOME/${program:2}
    type -P -- "$program" >/dev/null 2>&1 || program=hfs
    answer=$(_HFS_COMPLETE=bash_complete _HFS_LINE=${COMP_LINE:0:COMP_POINT} _HFS_REPLACED=$2 _HFS_TYPE=$COMP_TYPE \
        command "$program" </dev/null 2>/dev/null) || return 0
    while IFS= read -r line; do
        if [[ -z $how ]]; then
            how=$line
        elif [[ -n $line ]]; then
            COMPREPLY+=("$line")
        fi
    done <<<"$answer"
    case $how in
        file) compopt -o default 2>/dev/null ;;
        dir) compopt -o dirnames 2>/dev/null ;;
        *nospace) compopt -o nospace 2>/dev/null ;;
    esac
    return 0
}

# Only bash 4.4 and later keeps the order.
complete -o nosort -F _hfs_completion hfs 2>/dev/null || complete -F _hfs_completion hfs
