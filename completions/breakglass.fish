# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_breakglass_global_optspecs
    string join \n h/host= p/port= U/username= d/dbname= service= t/target= lane= connect-timeout= retry-for= format= color= help V/version
end

function __fish_breakglass_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_breakglass_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_breakglass_using_subcommand
    set -l cmd (__fish_breakglass_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c breakglass -n "__fish_breakglass_needs_command" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_needs_command" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_needs_command" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_needs_command" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_needs_command" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_needs_command" -s V -l version -d 'Print version'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "status" -d 'Show how full the server is and who holds the slots'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "sessions" -d 'List sessions, idle ones included'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "ps" -d 'List sessions, idle ones included'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "blockers" -d 'Show who blocks whom, the head of the longest queue first'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "cancel" -d 'Cancel running statements; the sessions stay'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "terminate" -d 'End sessions, so that their slots come back'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "kill" -d 'End sessions, so that their slots come back'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "free" -d 'End the least harmful sessions until N slots stay free'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "fence" -d 'Keep a role, a database or a pool from taking freed slots'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "rescue" -d 'Walk through the lanes, led, until an ordinary role gets in'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "backends" -d 'List or end a server\'s processes on its host, without a login'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "sockets" -d 'List or sever this host\'s TCP connections, without a login'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "workers" -d 'List or recycle processes of this host that hold connections'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "pgbouncer" -d 'Look at PgBouncer, pause, resume or kill its databases'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "doctor" -d 'Try every lane for real and review the server, in peace'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "prepare" -d 'Print or apply the SQL for a least-privilege break-glass role'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "snapshot" -d 'Save the evidence to a file: sessions, locks, settings'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "history" -d 'Show what was done, by whom, and what came of it'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "check" -d 'Check the count against capacity, for Nagios or Prometheus'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "probe" -d 'Probe whether a new connection can be had, and answers'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "record" -d 'Append one sample: who holds the slots now, and the limits'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "headroom" -d 'Review the samples: peaks, trend, fleet and role limits'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "drill" -d 'Rehearse an outage on a throwaway PostgreSQL server'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "man" -d 'Write the manual pages, one for each command'
complete -c breakglass -n "__fish_breakglass_needs_command" -f -a "help" -d 'Show the commands in groups, or the help of one'
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l watch -d 'Repaint every so often on the same connection, until q or Ctrl-C' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand status" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l sort -d 'Order of the list' -r -f -a "worst\t'blockers, open transactions, running statements, idle ones'
age\t'longest in its state first'
connected\t'longest connected first'
transaction\t'longest transaction first'
app\t'by application, then age'
user\t'by role, then age'
client\t'by client, then age'
pid\t'by process ID'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l all-processes -d 'Also server processes: walsenders, autovacuum, workers'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l full -d 'Whole statements'
complete -c breakglass -n "__fish_breakglass_using_subcommand sessions" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l sort -d 'Order of the list' -r -f -a "worst\t'blockers, open transactions, running statements, idle ones'
age\t'longest in its state first'
connected\t'longest connected first'
transaction\t'longest transaction first'
app\t'by application, then age'
user\t'by role, then age'
client\t'by client, then age'
pid\t'by process ID'"
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l all-processes -d 'Also server processes: walsenders, autovacuum, workers'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l full -d 'Whole statements'
complete -c breakglass -n "__fish_breakglass_using_subcommand ps" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l full -d 'Whole statements'
complete -c breakglass -n "__fish_breakglass_using_subcommand blockers" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand cancel" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l recount -d 'How long to watch who takes freed slots again' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l gently -d 'Cancel what runs first, give it 2 seconds, then end what stays'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l fence -d 'If freed slots are taken again: limit the roles that took them (see \'breakglass fence\')'
complete -c breakglass -n "__fish_breakglass_using_subcommand terminate" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l recount -d 'How long to watch who takes freed slots again' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l gently -d 'Cancel what runs first, give it 2 seconds, then end what stays'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l fence -d 'If freed slots are taken again: limit the roles that took them (see \'breakglass fence\')'
complete -c breakglass -n "__fish_breakglass_using_subcommand kill" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l until-free -d 'The same' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l until -d 'Share of the ordinary slots that must be free, such as 20%' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l stay -d 'How long they must stay free' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l order -d 'Which to end, one after the other; what is left out is not ended [default: aborted,idle,head,idle-in-transaction]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l from -d 'Look at a file saved by \'breakglass snapshot\' instead of at a server' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l active -d 'Also sessions that run a statement, last of all'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l fence -d 'If freed slots are taken again: limit the roles that took them (see \'breakglass fence\'), and go on'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand free" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l role -d 'Limit the connections of this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l database -d 'Limit the connections to this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l pool -d 'Have PgBouncer refuse new clients of this database of its own (DISABLE); takes no --limit' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l limit -d 'To so many connections; 0 lets nobody new in' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l for -d 'Wait so long, then undo it; at once on Ctrl-C, SIGTERM or a closed terminal' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l undo -d 'Undo this fence, or the only one that stands on this server (with --pgbouncer: in this pooler)' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l forget -d 'Take this fence off the list and leave the limit as it is' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l list -d 'List the fences that stand, on every server, by this account\'s record'
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l all -d 'With --undo: every fence on this server'
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l yes -d 'Do not ask'
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l no-record -d 'Go on without a record file; its lines are printed instead, and --undo will not know the fence'
complete -c breakglass -n "__fish_breakglass_using_subcommand fence" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l probe-user -d 'Log in as this role to see whether ordinary clients get in [default: the connection\'s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l evidence -d 'Where the evidence goes [default: beside the record]' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l limit -d 'End at most N in the whole run' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l wait -d 'How long to wait for the targets of a step to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l no-evidence -d 'Save none'
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l dry-run -d 'Show what would be done first, and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l yes -d 'Do not ask; needs --limit N'
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand rescue" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -f -a "list" -d 'List the processes of every server on this host'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -f -a "cancel" -d 'Cancel running statements with SIGINT; the sessions stay'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and not __fish_seen_subcommand_from list cancel terminate" -f -a "terminate" -d 'End sessions with SIGTERM, so that their slots come back'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l cluster -d 'Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l all-processes -d 'Also background processes, and connections without a startup packet'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from list" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l cluster -d 'Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from cancel" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l cluster -d 'Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-pid -d 'Not this process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l user -d 'Role name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-user -d 'Not this role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l database -d 'Database name' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-database -d 'Not this database' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l app -d 'Application name; \'\' for sessions that set none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-app -d 'Not this application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l client -d 'Client address, network (10.0.0.0/8), or \'local\' for the Unix socket' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l state -d 'State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l query -d 'Regular expression found in the running or last statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-query -d 'Not found in the statement' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l idle-for -d 'Idle, outside a transaction, at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l in-transaction-for -d 'In a transaction at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-in-transaction-for -d 'Not in a transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l active-for -d 'Running its statement at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-active-for -d 'Not running its statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l connected-for -d 'Connected at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-connected-for -d 'Not connected this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l keep -d 'Not the newest N of each application' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l oldest -d 'Only the N connected longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l recount -d 'How long to watch who takes freed slots again' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l blocking -d 'Keeps others waiting for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-blocking -d 'Keeps nobody waiting'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l waiting -d 'Waits for a lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l not-waiting -d 'Waits for no lock'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand backends; and __fish_seen_subcommand_from terminate" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l pid -d 'Process that has it open' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-pid -d 'Not this process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l client -d 'Address or network (10.0.0.0/8) of the application\'s end' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l state -d 'State: idle, waiting, undecided, closing' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l idle-for -d 'Answered, and quiet at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-idle-for -d 'Not quiet this long after an answer' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l waiting-for -d 'Waiting for the server\'s answer at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-waiting-for -d 'Not waiting this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l keep -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l not-waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l limit -d 'At most N rows, the longest quiet of each state first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -f -a "list" -d 'List this host\'s TCP connections to the target (what \'sockets\' alone does)'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and not __fish_seen_subcommand_from list sever" -f -a "sever" -d 'Sever connections, so that the slots of idle sessions come back'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l pid -d 'Process that has it open' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-pid -d 'Not this process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l client -d 'Address or network (10.0.0.0/8) of the application\'s end' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l state -d 'State: idle, waiting, undecided, closing' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l idle-for -d 'Answered, and quiet at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-idle-for -d 'Not quiet this long after an answer' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l waiting-for -d 'Waiting for the server\'s answer at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-waiting-for -d 'Not waiting this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l keep -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l not-waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l limit -d 'At most N rows, the longest quiet of each state first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from list" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l pid -d 'Process that has it open' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-pid -d 'Not this process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l client -d 'Address or network (10.0.0.0/8) of the application\'s end' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-client -d 'Not this client' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l state -d 'State: idle, waiting, undecided, closing' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l idle-for -d 'Answered, and quiet at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-idle-for -d 'Not quiet this long after an answer' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l waiting-for -d 'Waiting for the server\'s answer at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-waiting-for -d 'Not waiting this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l keep -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l not-waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l oldest -d 'Only the N that have been quiet longest; a socket does not tell when it was opened' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand sockets; and __fish_seen_subcommand_from sever" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-pid -d 'Not this process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l runtime -d 'Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-runtime -d 'Not this runtime' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l state -d 'State: idle (all its connections), busy (one of them), undecided' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l idle-for -d 'All its connections idle at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l keep -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l client -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-client -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l not-waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -f -a "list" -d 'List them (what \'workers\' alone does)'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and not __fish_seen_subcommand_from list recycle" -f -a "recycle" -d 'Recycle workers, so that the slots of their idle connections come back'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-pid -d 'Not this process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l runtime -d 'Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-runtime -d 'Not this runtime' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l state -d 'State: idle (all its connections), busy (one of them), undecided' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l idle-for -d 'All its connections idle at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l keep -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l client -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-client -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l not-waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from list" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l pid -d 'Process ID' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-pid -d 'Not this process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l runtime -d 'Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-runtime -d 'Not this runtime' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l state -d 'State: idle (all its connections), busy (one of them), undecided' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-state -d 'Not this state' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l idle-for -d 'All its connections idle at least this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-idle-for -d 'Not idle this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-user -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-query -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-in-transaction-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-blocking -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l keep -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-database -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-app -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l client -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-client -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-active-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-connected-for -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l not-waiting -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l oldest -d 'Only the N that run longest' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l limit -d 'At most N, the least harmful first' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l signal -d 'Send this signal instead of the runtime\'s own; with --pid, to that very process' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l via -d 'Run [recycler.NAME] of the configuration instead of sending signals' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l batch -d 'How many at a time' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l pause -d 'Between two batches' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l until-free -d 'Stop when so many ordinary slots are free (asks the database)' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l until-answers -d 'Stop when the database admits a login'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l escalate -d 'SIGKILL for workers that are still there after --wait; never for a master'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand workers; and __fish_seen_subcommand_from recycle" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "status" -d 'Show the pools and which layer is short of connections'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "pause" -d 'Hold a database\'s clients back for a time, then RESUME'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "resume" -d 'End a pause: of \'pause\', of \'kill\', or of somebody else'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "disable" -d 'Refuse new clients of a database; those that are there stay'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "enable" -d 'Admit new clients of a database again'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "kill" -d 'Drop all clients and server connections of a database, then RESUME'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "kill-client" -d 'Drop single clients, by the id that SHOW CLIENTS gives them (PgBouncer 1.24 and later)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and not __fish_seen_subcommand_from status pause resume disable enable kill kill-client reconnect" -f -a "reconnect" -d 'Close each server connection of a database when its client releases it; new ones open as needed'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from status" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l for -d 'For how long at most' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from pause" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from resume" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from disable" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from enable" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l leave-paused -d 'Do not RESUME: clients hang until \'resume\''
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from kill-client" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l limit -d 'Only if it hits at most N: clients where they are dropped, else databases' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l include -d 'Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l wait -d 'How long to wait for the targets to go' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l dry-run -d 'Show the plan and stop'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l yes -d 'Do not ask; needs --limit N or --all'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l all -d 'However many match'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand pgbouncer; and __fish_seen_subcommand_from reconnect" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l role -d 'Review this role\'s rights instead of those of the role that logs in' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand doctor" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l role -d 'Name of the role' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l reserve -d 'From 16 on: slots of reserved_connections to keep for it; 0 for none' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l address -d 'From where it logs in, for pg_hba.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l name -d 'Name of the target in the configuration block' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l server-version -d 'Print for this major version, without a server' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l provider -d 'Managed service [default: as the server\'s settings tell]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l reason -d 'Why, for the record' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l no-replication -d 'Without the replication lane, which can read everything'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l apply -d 'Run the statements after showing them'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l yes -d 'Do not ask'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l new-password -d 'Set a new password, also where the role is there'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l ask-password -d 'Type the password instead of having one generated'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l no-record -d 'Go on without a record file; its lines are printed instead'
complete -c breakglass -n "__fish_breakglass_using_subcommand prepare" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l pgbouncer -d 'PgBouncer\'s console: URI, key=value string or socket directory [default: pgbouncer of the target]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l with-queries -d 'Keep the text of statements, with whatever data is in it'
complete -c breakglass -n "__fish_breakglass_using_subcommand snapshot" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l record -d 'Another record, or a directory with records (*.jsonl) below it; may be repeated' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l since -d 'From this long ago (2h), or from this moment on (2026-11-22T03:00:00Z)' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l incident -d 'Only what was done with a --reason that contains this' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand history" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s w -l warning -d 'Warn from here on: 80%, 20left, or 80 [default: 80%]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s c -l critical -d 'Critical from here on [default: 95%]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l idle-in-transaction-for -d 'Judge how many idle in their transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l idle-for -d 'Judge how many idle this long, outside a transaction' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l active-for -d 'Judge how many run their statement this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l in-transaction-for -d 'Judge how many are in their transaction this long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l deadline -d 'How long all of it may take' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l file -d 'File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass, as root in /var/lib/breakglass, else in ~/.local/state/breakglass]' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l format -d 'Form of the answer' -r -f -a "nagios\t''
prometheus\t''
json\t''"
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l textfile -d 'Write the metrics to this file, at once or not at all; with --format prometheus instead of printing them' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l only-show-limits -d 'Show roles and databases at their own limits, and do not complain'
complete -c breakglass -n "__fish_breakglass_using_subcommand check" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l slow -d 'Call it slow when a step, or all together, takes longer' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l http -d 'A health endpoint to compare with' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l deadline -d 'How long all of it may take' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l writable -d 'Call it read-only on a standby, and where default_transaction_read_only is on'
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l quiet -d 'Say nothing; the exit code tells'
complete -c breakglass -n "__fish_breakglass_using_subcommand probe" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l file -d 'File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass, as root in /var/lib/breakglass, else in ~/.local/state/breakglass]' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l keep -d 'Remove this server\'s samples that are older than this' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l verbose -d 'Say what was appended'
complete -c breakglass -n "__fish_breakglass_using_subcommand record" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l file -d 'File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass, as root in /var/lib/breakglass, else in ~/.local/state/breakglass]' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l from-prometheus -d 'Review the answer of a Prometheus range query instead (JSON)' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l since -d 'Only the samples of so long' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l capacity -d 'Ordinary slots to measure against, instead of the server\'s' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand headroom" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l bindir -d 'Directory of the server\'s binaries, initdb and postgres [env: BREAKGLASS_PG_BINDIR]' -r -F
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l hands-on -d 'Leave the incident running for you to end by hand, from another terminal' -r -f -a "first\t'The ordinary slots are gone'
second\t'Every slot is gone, the superusers\' too'
storm\t'Clients connect again at once, without any back-off'
half-open\t'Stalled logins hold every slot; before 18 no statement shows them'
lock-queue\t'A migration holds a lock, and everybody queues behind it'
leak\t'An application leaves its transactions open'
workers\t'An application server\'s workers hold the slots'
pooler\t'A pooler holds the slots for transactions left open'
blind\t'Slots, reserve and walsenders are gone: no lane to the database'"
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand drill" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand completions" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand man" -l help -d 'Print help (-h is the host, as in psql)'
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -s h -l host -d 'Server host, or directory of its Unix socket; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -s p -l port -d 'Server port; several separated by commas' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -s U -l username -d 'Role to log in as' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -s d -l dbname -d 'Database name, postgresql:// URI, or key=value string [default: postgres]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l service -d 'Entry of pg_service.conf' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -s t -l target -d 'Target of the configuration file: [target.NAME]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l lane -d 'Which way in: a login, the replication lane, or whichever opens' -r -f -a "auto\t'login, and replication when login is full'
login\t'an ordinary login; takes a slot'
replication\t'replication=database; takes a walsender and no slot'"
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l connect-timeout -d 'How long one attempt to connect may take, login included [default: 3s]' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l retry-for -d 'While every slot is taken: how long to go on trying both lanes' -r
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l format -d 'Form of the answer' -r -f -a "table\t'for people'
json\t'one object, with a format version'
csv\t'comma-separated, with a header'
markdown\t'for an incident channel'"
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l color -d 'Colour; auto also heeds NO_COLOR and TERM=dumb' -r -f -a "auto\t'on a terminal'
always\t'also in a pipe'
never\t'not at all'"
complete -c breakglass -n "__fish_breakglass_using_subcommand help" -l help -d 'Print help (-h is the host, as in psql)'
