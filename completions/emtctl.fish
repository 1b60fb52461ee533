# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_emtctl_global_optspecs
    string join \n context= p/project= o/output= no-color v/verbose h/help V/version
end

function __fish_emtctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_emtctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_emtctl_using_subcommand
    set -l cmd (__fish_emtctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c emtctl -n "__fish_emtctl_needs_command" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_needs_command" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_needs_command" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_needs_command" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_needs_command" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_needs_command" -s V -l version -d 'Print version'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "login" -d 'Log in to a server and make it the current context'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "logout" -d 'End logins, at the server too'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "context" -d 'Servers and projects that you have logged in to'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "project" -d 'Projects, each with its own hosts and OS resources'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "os" -d 'OS resources: images that nodes can run'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "host" -d 'Hosts: the machines'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "region" -d 'Regions, which hold sites and other regions'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "site" -d 'Sites, at which hosts stand'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "instance" -d 'Instances: what is installed on hosts, and what is to be'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "policy" -d 'OS update policies: what instances are to run'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "run" -d 'OS update runs: updates that ran or run'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "schedule" -d 'Maintenance windows'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "watch" -d 'Follow updates until each has ended'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "why" -d 'Tell why a host updates or does not, and when that changes'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "web" -d 'Print the address of the server\'s pages, with a link that signs one browser in'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "ui" -d 'Print the address of the server\'s pages, with a link that signs one browser in'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "completion" -d 'Print a completion script for a shell'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "demo" -d 'Show the whole story on this machine: a server, nodes, an update, a rollback'
complete -c emtctl -n "__fish_emtctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l server -d 'Address of the API, such as api.emt.localhost:8443 [default: the context\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l keycloak -d 'Address of Keycloak [default: found from the API\'s: keycloak.X for api.X, else the same]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l ca-cert -d 'Certificate authority of the server, as PEM; it is copied [default: those of the system]' -r -F
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l username -d 'User [default: ask]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l tokens -d 'Where to keep the tokens [default: the keyring, or a file where there is none]' -r -f -a "keyring\t'In the operating system\'s keyring'
file\t'In a file that only you can read'"
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l password-stdin -d 'Read the password from standard input [default: ask]'
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l device -d 'Agree in a browser, on any device, instead of giving user and password here'
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -l all -d 'Those of all contexts'
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -f -a "list" -d 'List contexts; the current one is marked'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -f -a "use" -d 'Make a context the current one'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -f -a "remove" -d 'Log out of a context and forget it'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and not __fish_seen_subcommand_from list use remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from use" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from use" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from use" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from use" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from use" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "list" -d 'List contexts; the current one is marked'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "use" -d 'Make a context the current one'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Log out of a context and forget it'
complete -c emtctl -n "__fish_emtctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -f -a "list" -d 'List the projects that you may use'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -f -a "create" -d 'Make a project'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and not __fish_seen_subcommand_from list create help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -l description -d 'What it is for' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the projects that you may use'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make a project'
complete -c emtctl -n "__fish_emtctl_using_subcommand project; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "list" -d 'List OS resources'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "get" -d 'Show an OS resource'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "publish" -d 'Send an image to the Release Service and make an OS resource of it'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "source" -d 'Where OS images are published that the server looks for'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "sync" -d 'Look at sources now, and wait for the end'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "mode" -d 'Show or set whether the newest OS is linked to instances by itself'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "block" -d 'Block OS resources: nobody installs them from now on'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "unblock" -d 'Take the block of OS resources away'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "diff" -d 'Show what changes from one OS to another: vulnerabilities and packages'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "mirror" -d 'Fill a directory from a source of OS images, for a site without it; needs no server'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "delete" -d 'Delete OS resources; the server removes images that nothing needs'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and not __fish_seen_subcommand_from list get publish source sync mode block unblock diff mirror delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from get" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from get" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from get" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from get" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l profile -d 'Profile: nodes update within it' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l version -d 'Version, such as 3.0.20260602.2200' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l name -d 'Name of the OS resource [default: profile and version]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l architecture -d 'Processor architecture' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l security-feature -d 'Security features that the image is made for' -r -f -a "none\t'None'
secure-boot-and-full-disk-encryption\t'Secure boot and full disk encryption'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l sha256 -d 'SHA-256 that the file must have' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -f -a "add" -d 'Let the server look for OS images somewhere, from time to time'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -f -a "list" -d 'List sources'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -f -a "get" -d 'Show a source, what it offers that could not be taken, and when it is looked at next'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -f -a "webhook" -d 'Make a secret with which the publisher can tell that there is something new'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -f -a "remove" -d 'Look for images there no more; what was found stays'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from source" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from sync" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from sync" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from sync" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from sync" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -l profile -d 'Only for this profile' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -l server -d 'For all projects of the server that set nothing themselves'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -l reason -d 'Why, for those who will ask' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from block" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from unblock" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from unblock" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from unblock" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from unblock" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from unblock" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from unblock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from diff" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from diff" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from diff" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from diff" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l versions -d 'How many versions of each profile, newest first [default: all]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l registry -d 'Address of a release registry; needs --files and --profile' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l tree -d 'Address of a release tree: an index.json, and what it lists' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l directory -d 'Directory with a release tree, such as a mirror' -r -F
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l files -d 'Address below which images and texts are [default for a tree: its own]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l profile -d 'Profile that is wanted; may be given again [default: all; a registry needs names]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l revision -d 'Registry: tag that is taken, such as main or 0.10.8, or ~0.10.8 for that patch and later ones [default: main]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l ca-cert -d 'Certificate authorities to trust instead of the system\'s' -r -F
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l username -d 'User name, if the source asks for one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l password-stdin -d 'Read the password from standard input'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l plain-http -d 'Allow http://, which anybody on the way can read and change'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from mirror" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from delete" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from delete" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from delete" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "list" -d 'List OS resources'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show an OS resource'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "publish" -d 'Send an image to the Release Service and make an OS resource of it'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "source" -d 'Where OS images are published that the server looks for'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "sync" -d 'Look at sources now, and wait for the end'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "mode" -d 'Show or set whether the newest OS is linked to instances by itself'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "block" -d 'Block OS resources: nobody installs them from now on'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "unblock" -d 'Take the block of OS resources away'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show what changes from one OS to another: vulnerabilities and packages'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "mirror" -d 'Fill a directory from a source of OS images, for a site without it; needs no server'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete OS resources; the server removes images that nothing needs'
complete -c emtctl -n "__fish_emtctl_using_subcommand os; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -f -a "list" -d 'List hosts'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -f -a "get" -d 'Show a host'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -f -a "register" -d 'Register a machine, and print a one-time token with which its node enrols'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -f -a "adopt" -d 'Put registered hosts under management that were provisioned elsewhere'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -f -a "delete" -d 'Delete hosts with what is installed on them; their nodes\' credentials end'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and not __fish_seen_subcommand_from list get register adopt delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from get" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from get" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from get" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from get" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -l uuid -d 'SMBIOS system UUID' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -l serial -d 'Serial number' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -l site -d 'Site at which it stands: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -l token-file -d 'Write the token to a file that only you can read, instead of printing it' -r -F
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from register" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -l os -d 'OS that runs on them: id, name or version. Without it, what is planned for each' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -l credentials-dir -d 'Write them to files below DIR/UUID that only you can read, instead of printing them' -r -F
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -l credentials -d 'Print new credentials for the agent of each, once; those that it had before end'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from adopt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from delete" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from delete" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from delete" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "list" -d 'List hosts'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show a host'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "register" -d 'Register a machine, and print a one-time token with which its node enrols'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "adopt" -d 'Put registered hosts under management that were provisioned elsewhere'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete hosts with what is installed on them; their nodes\' credentials end'
complete -c emtctl -n "__fish_emtctl_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -f -a "list" -d 'List regions'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -f -a "create" -d 'Make a region'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and not __fish_seen_subcommand_from list create help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -l parent -d 'The region above: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from help" -f -a "list" -d 'List regions'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make a region'
complete -c emtctl -n "__fish_emtctl_using_subcommand region; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -f -a "list" -d 'List sites'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -f -a "create" -d 'Make a site'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and not __fish_seen_subcommand_from list create help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -l region -d 'Where it lies: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "list" -d 'List sites'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make a site'
complete -c emtctl -n "__fish_emtctl_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -f -a "list" -d 'List instances with what runs and what is to run'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -f -a "get" -d 'Show an instance'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -f -a "link" -d 'Link an OS to instances: the next window for OS updates installs it'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and not __fish_seen_subcommand_from list get link help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from get" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from get" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from get" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from get" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -l os -d 'OS to run: id, name or version' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -l dry-run -d 'Only check, and show what would change'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from link" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "list" -d 'List instances with what runs and what is to run'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show an instance'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "link" -d 'Link an OS to instances: the next window for OS updates installs it'
complete -c emtctl -n "__fish_emtctl_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -f -a "list" -d 'List policies'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -f -a "get" -d 'Show a policy'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -f -a "create" -d 'Make a policy; it never changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -f -a "set" -d 'Put instances under a policy: the next window for OS updates does what it says'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -f -a "delete" -d 'Delete policies that no instance is under'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and not __fish_seen_subcommand_from list get create set delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from get" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from get" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from get" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from get" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -l os -d 'This OS: id, name or version' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -l kernel-command -d 'An addition to the kernel command line; no OS is installed beside it' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -l description -d 'What people should know about it' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -l latest -d 'Always the newest OS of the profile that runs'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from set" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from set" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from set" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from set" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from delete" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from delete" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from delete" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "list" -d 'List policies'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show a policy'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make a policy; it never changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "set" -d 'Put instances under a policy: the next window for OS updates does what it says'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete policies that no instance is under'
complete -c emtctl -n "__fish_emtctl_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -f -a "list" -d 'List runs'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -f -a "get" -d 'Show a run'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -f -a "watch" -d 'Follow a run until it has ended'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and not __fish_seen_subcommand_from list get watch help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -l instance -d 'Only those of this instance: id or name, or that of its host' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -l filter -d 'Only those for which this holds, such as "name=\'edge\' AND has(site)"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -l order-by -d 'Sort by these fields, such as "name desc"' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from get" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from get" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from get" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from get" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -l timeout -d 'Give up after this time, such as 30m' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "list" -d 'List runs'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show a run'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Follow a run until it has ended'
complete -c emtctl -n "__fish_emtctl_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "update" -d 'Plan windows in which hosts install the OS that they are linked to'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "maintenance" -d 'Mark hosts as under maintenance; such a window lets nothing be installed'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "list" -d 'List windows, also those that repeat'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "get" -d 'Show a schedule with its next windows'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "edit" -d 'Change a schedule; what is not named stays as it is'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "next" -d 'Show which windows are open, and which open next'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "explain" -d 'Tell whether windows are open, why, and when that changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "export" -d 'Print schedules as calendars (iCalendar)'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "preview" -d 'Show when the windows of a rule open; needs no server'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "delete" -d 'Delete windows; one that is open ends'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and not __fish_seen_subcommand_from update maintenance list get edit next explain export preview delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l host -d 'Hosts: ids or names; each gets a window of its own' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l site -d 'A site, with all its hosts: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l region -d 'A region, with all that is below it: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l at -d 'Open at this time: 2026-12-01T02:00:00Z, or 2026-12-01 02:00 on a clock in --tz' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l in -d 'Open after this while, such as 2h30m' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l cron -d 'Open again and again: minute, hour, day of month, month, day of week on a clock in --tz, such as \'0 2 * * SAT\'' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l duration -d 'How long it stays open, such as 1h; 10m at least is advised' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l except -d 'Keep closed on a day, or from one day or time to another: 2026-12-24, 2026-12-24/2026-12-26; may be given again' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l notice -d 'Do not open earlier than so long after this was planned or changed, such as 2d' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l finish-by -d 'Close windows that repeat at this time of day at the latest, such as 05:00, or at a certain time' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l tz -d 'Time zone, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l name -d 'Name of the window [default: made of target and time]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l now -d 'Open at once'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l open-end -d 'Keep it open until it is deleted'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l host -d 'Hosts: ids or names; each gets a window of its own' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l site -d 'A site, with all its hosts: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l region -d 'A region, with all that is below it: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l at -d 'Open at this time: 2026-12-01T02:00:00Z, or 2026-12-01 02:00 on a clock in --tz' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l in -d 'Open after this while, such as 2h30m' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l cron -d 'Open again and again: minute, hour, day of month, month, day of week on a clock in --tz, such as \'0 2 * * SAT\'' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l duration -d 'How long it lasts, such as 4h [default: until it is deleted]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l except -d 'Keep closed on a day, or from one day or time to another: 2026-12-24, 2026-12-24/2026-12-26; may be given again' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l notice -d 'Do not open earlier than so long after this was planned or changed, such as 2d' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l finish-by -d 'Close windows that repeat at this time of day at the latest, such as 05:00, or at a certain time' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l tz -d 'Time zone, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l name -d 'Name of the window [default: made of target and time]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l now -d 'Open at once'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from maintenance" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -l host -d 'A host: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -l site -d 'A site: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -l region -d 'A region: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -l tz -d 'Time zone to show times in, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -l tz -d 'Time zone to show times in, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l name -d 'New name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l host -d 'A host: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l site -d 'A site: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l region -d 'A region: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l at -d 'Open at this time' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l cron -d 'Open by this cron' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l duration -d 'How long it stays open' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l tz -d 'Time zone that it goes by' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l except -d 'Keep closed on a day, or from one day or time to another: 2026-12-24, 2026-12-24/2026-12-26; may be given again' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l notice -d 'Do not open earlier than so long after this was planned or changed, such as 2d' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l finish-by -d 'Close windows that repeat at this time of day at the latest, such as 05:00, or at a certain time' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l no-except -d 'Take back all exceptions first'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l no-notice -d 'Take back the notice'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l no-finish-by -d 'Take back the end of work'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l host -d 'A host: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l site -d 'A site: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l region -d 'A region: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l at -d 'Look from this time instead of now' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l count -d 'How many to show' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l tz -d 'Time zone to show times in, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from next" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l host -d 'A host: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l site -d 'A site: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l region -d 'A region: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l at -d 'At this time instead of now' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l tz -d 'Time zone to show times in, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -l host -d 'A host: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -l site -d 'A site: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -l region -d 'A region: id or name' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l cron -d 'When windows open: minute, hour, day of month, month, day of week, such as \'0 2 * * 6\' or \'30 1 * * SAT#2\'' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l duration -d 'How long each stays open, such as 2h, 90m or 1h30m; a day at most' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l tz -d 'Time zone whose clock the rule goes by, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l from -d 'Show windows that open at this time or later; a date is its beginning [default: now]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l count -d 'How many to show' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l except -d 'Keep closed on a day, or from one day or time to another: 2026-12-24, 2026-12-24/2026-12-26; may be given again' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l finish-by -d 'Close at this time of day at the latest, such as 05:00, or at a certain time' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l ical -d 'Print a calendar (iCalendar) instead'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from preview" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from delete" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from delete" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from delete" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "update" -d 'Plan windows in which hosts install the OS that they are linked to'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "maintenance" -d 'Mark hosts as under maintenance; such a window lets nothing be installed'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "list" -d 'List windows, also those that repeat'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show a schedule with its next windows'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change a schedule; what is not named stays as it is'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "next" -d 'Show which windows are open, and which open next'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Tell whether windows are open, why, and when that changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "export" -d 'Print schedules as calendars (iCalendar)'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "preview" -d 'Show when the windows of a rule open; needs no server'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete windows; one that is open ends'
complete -c emtctl -n "__fish_emtctl_using_subcommand schedule; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -l timeout -d 'Give up after this time, such as 30m' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -l tz -d 'Time zone to show times in, such as Europe/Berlin [default: the system\'s]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -l page -d 'Page that it leads to: hosts, os, schedules, or a path such as /ui/p/shops [default: the project\'s overview]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -l no-sign-in -l print -d 'The plain address only: whoever opens it signs in by name and password'
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -l open -d 'Open it in the system\'s browser; the code is then shown here, to be pasted there, since others may see what programs are started with'
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand web" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -l page -d 'Page that it leads to: hosts, os, schedules, or a path such as /ui/p/shops [default: the project\'s overview]' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -l no-sign-in -l print -d 'The plain address only: whoever opens it signs in by name and password'
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -l open -d 'Open it in the system\'s browser; the code is then shown here, to be pasted there, since others may see what programs are started with'
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand ui" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand completion" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand completion" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand completion" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand completion" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand completion" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -l temporary -d 'Directory in which the demo makes its temporary one' -r -F
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -l context -d 'Context to work in, instead of the current one' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -s p -l project -d 'Project to work in, instead of the context\'s' -r
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -s o -l output -d 'Form of the output' -r -f -a "table\t'For people'
json\t'The server\'s JSON; a list is an array'
yaml\t'The same as YAML'
name\t'One id a line'"
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -l once -d 'End after the story, with exit code 0 only if every step was verified, instead of serving on'
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -l no-color -d 'No colours; also with the environment variable NO_COLOR'
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -s v -l verbose -d 'Show every request on standard error'
complete -c emtctl -n "__fish_emtctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "login" -d 'Log in to a server and make it the current context'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "logout" -d 'End logins, at the server too'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "context" -d 'Servers and projects that you have logged in to'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "project" -d 'Projects, each with its own hosts and OS resources'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "os" -d 'OS resources: images that nodes can run'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "host" -d 'Hosts: the machines'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "region" -d 'Regions, which hold sites and other regions'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "site" -d 'Sites, at which hosts stand'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "instance" -d 'Instances: what is installed on hosts, and what is to be'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "policy" -d 'OS update policies: what instances are to run'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "run" -d 'OS update runs: updates that ran or run'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "schedule" -d 'Maintenance windows'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "watch" -d 'Follow updates until each has ended'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "why" -d 'Tell why a host updates or does not, and when that changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "web" -d 'Print the address of the server\'s pages, with a link that signs one browser in'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "completion" -d 'Print a completion script for a shell'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "demo" -d 'Show the whole story on this machine: a server, nodes, an update, a rollback'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and not __fish_seen_subcommand_from login logout context project os host region site instance policy run schedule watch why web completion demo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "list" -d 'List contexts; the current one is marked'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "use" -d 'Make a context the current one'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "remove" -d 'Log out of a context and forget it'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from project" -f -a "list" -d 'List the projects that you may use'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from project" -f -a "create" -d 'Make a project'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "list" -d 'List OS resources'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "get" -d 'Show an OS resource'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "publish" -d 'Send an image to the Release Service and make an OS resource of it'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "source" -d 'Where OS images are published that the server looks for'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "sync" -d 'Look at sources now, and wait for the end'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "mode" -d 'Show or set whether the newest OS is linked to instances by itself'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "block" -d 'Block OS resources: nobody installs them from now on'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "unblock" -d 'Take the block of OS resources away'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "diff" -d 'Show what changes from one OS to another: vulnerabilities and packages'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "mirror" -d 'Fill a directory from a source of OS images, for a site without it; needs no server'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from os" -f -a "delete" -d 'Delete OS resources; the server removes images that nothing needs'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "list" -d 'List hosts'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "get" -d 'Show a host'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "register" -d 'Register a machine, and print a one-time token with which its node enrols'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "adopt" -d 'Put registered hosts under management that were provisioned elsewhere'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "delete" -d 'Delete hosts with what is installed on them; their nodes\' credentials end'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from region" -f -a "list" -d 'List regions'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from region" -f -a "create" -d 'Make a region'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "list" -d 'List sites'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "create" -d 'Make a site'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from instance" -f -a "list" -d 'List instances with what runs and what is to run'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from instance" -f -a "get" -d 'Show an instance'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from instance" -f -a "link" -d 'Link an OS to instances: the next window for OS updates installs it'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "list" -d 'List policies'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "get" -d 'Show a policy'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "create" -d 'Make a policy; it never changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "set" -d 'Put instances under a policy: the next window for OS updates does what it says'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "delete" -d 'Delete policies that no instance is under'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from run" -f -a "list" -d 'List runs'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from run" -f -a "get" -d 'Show a run'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from run" -f -a "watch" -d 'Follow a run until it has ended'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "update" -d 'Plan windows in which hosts install the OS that they are linked to'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "maintenance" -d 'Mark hosts as under maintenance; such a window lets nothing be installed'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "list" -d 'List windows, also those that repeat'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "get" -d 'Show a schedule with its next windows'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "edit" -d 'Change a schedule; what is not named stays as it is'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "next" -d 'Show which windows are open, and which open next'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "explain" -d 'Tell whether windows are open, why, and when that changes'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "export" -d 'Print schedules as calendars (iCalendar)'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "preview" -d 'Show when the windows of a rule open; needs no server'
complete -c emtctl -n "__fish_emtctl_using_subcommand help; and __fish_seen_subcommand_from schedule" -f -a "delete" -d 'Delete windows; one that is open ends'
