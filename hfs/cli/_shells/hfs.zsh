#compdef hfs
# Completion of hfs for zsh. Made by: hfs completion zsh

_hfs() {
    local program=${(Q)words[1]} how value description widest=0 at
    local -a answer before given values shown space
    [[ $program == '~/'* ]] && program=$HOME/${program#'~/'}
    whence -p -- $program >/dev/null || program=hfs
    # What is set for this one command stands before it, and is no word of it. An open quote is not in LBUFFER.
    before=("${(@z)${LBUFFER%"$IPREFIX$PREFIX"}}")
    (( at = $#before - CURRENT + 1 ))
    while (( at > 0 )) && [[ $before[at] == [A-Za-z_][A-Za-z0-9_]#=* ]]; do
        [[ $before[at] == HFS_* ]] && local -x "${(Q)before[at]}"
        (( at-- ))
    done
    given=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    answer=("${(@f)$(_HFS_COMPLETE=zsh_complete _HFS_WORDS=${(pj:\x1f:)given} command $program </dev/null 2>/dev/null)}")
    how=$answer[1]
    shift answer
    if [[ $how == (file|dir)* ]]; then
        compset -P '--[a-z-]##='
        if [[ $how == dir* ]]; then _files -/; else _files; fi
        return
    fi
    [[ $how == *nospace ]] && space=(-S '')
    for value description in "${(@)answer}"; do
        values+=("$value")
        (( ${(m)#value} > widest )) && widest=${(m)#value}
    done
    (( $#values )) || return 1
    (( widest > 60 )) && widest=60
    for value description in "${(@)answer}"; do
        if (( ${(m)#value} > widest )); then
            value=${value[1,widest-1]}…
        fi
        if [[ -n $description ]]; then
            # A line that is too long would be broken in its midst.
            description=${(mr:COLUMNS - widest - 7:)description}
            shown+=("${(mr:widest:)value}  -- ${description%% ##}")
        else
            shown+=("$value")
        fi
    done
    compadd -U -V hfs "${space[@]}" -l -d shown -a values
    # What only has in it what is typed begins otherwise: several of these leave the line as it is.
    if (( compstate[nmatches] > 1 )) && [[ $compstate[insert] == *unambiguous* ]]; then
        [[ ${(L)compstate[unambiguous]} == ${(L)PREFIX}* ]] || compstate[insert]=
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _hfs "$@"
else
    compdef _hfs hfs
fi
