# Completion of hfs for fish. Made by: hfs completion fish

function __hfs_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -l typed (commandline -ct)
    set -l given $words[2..-1] "$typed"
    type -fq -- $program; or set program hfs
    set -l answer (_HFS_COMPLETE=fish_complete _HFS_WORDS=(string join -- \x1f $given) command $program </dev/null 2>/dev/null)
    switch "$answer[1]"
        case file
            __hfs_prefixed "$answer[2]" (__fish_complete_path (string replace -- "$answer[2]" "" "$typed"))
        case dir
            __hfs_prefixed "$answer[2]" (__fish_complete_directories (string replace -- "$answer[2]" "" "$typed"))
        case plain
            string join -- \n $answer[3..-1]
    end
end

function __hfs_prefixed
    for path in $argv[2..-1]
        echo -- $argv[1]$path
    end
end

complete -c hfs -f -k -a '(__hfs_complete)'
