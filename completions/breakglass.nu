# Printed by 'breakglass completions nushell'.
module completions {

  def "nu-complete breakglass lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass color" [] {
    [ "auto" "always" "never" ]
  }

  # Get back into a PostgreSQL server that has run out of connections
  export extern breakglass [
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass format" # Form of the answer
    --color: string@"nu-complete breakglass color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    --version(-V)             # Print version
  ]

  def "nu-complete breakglass status lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass status format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass status color" [] {
    [ "auto" "always" "never" ]
  }

  # Show how full the server is and who holds the slots
  export extern "breakglass status" [
    --watch: string           # Repaint every so often on the same connection, until q or Ctrl-C
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --from: path              # Look at a file saved by 'breakglass snapshot' instead of at a server
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass status lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass status format" # Form of the answer
    --color: string@"nu-complete breakglass status color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass sessions sort" [] {
    [ "worst" "age" "connected" "transaction" "app" "user" "client" "pid" ]
  }

  def "nu-complete breakglass sessions lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass sessions format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass sessions color" [] {
    [ "auto" "always" "never" ]
  }

  # List sessions, idle ones included
  export extern "breakglass sessions" [
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string             # Application name; '' for sessions that set none
    --not-app: string         # Not this application
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string           # Regular expression found in the running or last statement
    --not-query: string       # Not found in the statement
    --idle-for: string        # Idle, outside a transaction, at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string # In a transaction at least this long
    --not-in-transaction-for: string # Not in a transaction this long
    --active-for: string      # Running its statement at least this long
    --not-active-for: string  # Not running its statement this long
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking                # Keeps others waiting for a lock
    --not-blocking            # Keeps nobody waiting
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --keep: string            # Not the newest N of each application
    --oldest: string          # Only the N connected longest
    --limit: string           # At most N, the least harmful first
    --sort: string@"nu-complete breakglass sessions sort" # Order of the list
    --all-processes           # Also server processes: walsenders, autovacuum, workers
    --full                    # Whole statements
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --from: path              # Look at a file saved by 'breakglass snapshot' instead of at a server
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass sessions lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass sessions format" # Form of the answer
    --color: string@"nu-complete breakglass sessions color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass blockers lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass blockers format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass blockers color" [] {
    [ "auto" "always" "never" ]
  }

  # Show who blocks whom, the head of the longest queue first
  export extern "breakglass blockers" [
    --full                    # Whole statements
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --from: path              # Look at a file saved by 'breakglass snapshot' instead of at a server
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass blockers lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass blockers format" # Form of the answer
    --color: string@"nu-complete breakglass blockers color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass cancel lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass cancel format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass cancel color" [] {
    [ "auto" "always" "never" ]
  }

  # Cancel running statements; the sessions stay
  export extern "breakglass cancel" [
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string             # Application name; '' for sessions that set none
    --not-app: string         # Not this application
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string           # Regular expression found in the running or last statement
    --not-query: string       # Not found in the statement
    --idle-for: string        # Idle, outside a transaction, at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string # In a transaction at least this long
    --not-in-transaction-for: string # Not in a transaction this long
    --active-for: string      # Running its statement at least this long
    --not-active-for: string  # Not running its statement this long
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking                # Keeps others waiting for a lock
    --not-blocking            # Keeps nobody waiting
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --keep: string            # Not the newest N of each application
    --oldest: string          # Only the N connected longest
    --limit: string           # At most N, the least harmful first
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --from: path              # Look at a file saved by 'breakglass snapshot' instead of at a server
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass cancel lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass cancel format" # Form of the answer
    --color: string@"nu-complete breakglass cancel color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass terminate lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass terminate format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass terminate color" [] {
    [ "auto" "always" "never" ]
  }

  # End sessions, so that their slots come back
  export extern "breakglass terminate" [
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string             # Application name; '' for sessions that set none
    --not-app: string         # Not this application
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string           # Regular expression found in the running or last statement
    --not-query: string       # Not found in the statement
    --idle-for: string        # Idle, outside a transaction, at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string # In a transaction at least this long
    --not-in-transaction-for: string # Not in a transaction this long
    --active-for: string      # Running its statement at least this long
    --not-active-for: string  # Not running its statement this long
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking                # Keeps others waiting for a lock
    --not-blocking            # Keeps nobody waiting
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --keep: string            # Not the newest N of each application
    --oldest: string          # Only the N connected longest
    --limit: string           # At most N, the least harmful first
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --gently                  # Cancel what runs first, give it 2 seconds, then end what stays
    --recount: string         # How long to watch who takes freed slots again
    --fence                   # If freed slots are taken again: limit the roles that took them (see 'breakglass fence')
    --from: path              # Look at a file saved by 'breakglass snapshot' instead of at a server
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass terminate lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass terminate format" # Form of the answer
    --color: string@"nu-complete breakglass terminate color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass free lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass free format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass free color" [] {
    [ "auto" "always" "never" ]
  }

  # End the least harmful sessions until N slots stay free
  export extern "breakglass free" [
    --until-free: string      # The same
    --until: string           # Share of the ordinary slots that must be free, such as 20%
    --stay: string            # How long they must stay free
    --order: string           # Which to end, one after the other; what is left out is not ended [default: aborted,idle,head,idle-in-transaction]
    --active                  # Also sessions that run a statement, last of all
    --fence                   # If freed slots are taken again: limit the roles that took them (see 'breakglass fence'), and go on
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string             # Application name; '' for sessions that set none
    --not-app: string         # Not this application
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string           # Regular expression found in the running or last statement
    --not-query: string       # Not found in the statement
    --idle-for: string        # Idle, outside a transaction, at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string # In a transaction at least this long
    --not-in-transaction-for: string # Not in a transaction this long
    --active-for: string      # Running its statement at least this long
    --not-active-for: string  # Not running its statement this long
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking                # Keeps others waiting for a lock
    --not-blocking            # Keeps nobody waiting
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --keep: string            # Not the newest N of each application
    --oldest: string          # Only the N connected longest
    --limit: string           # At most N, the least harmful first
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --from: path              # Look at a file saved by 'breakglass snapshot' instead of at a server
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass free lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass free format" # Form of the answer
    --color: string@"nu-complete breakglass free color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    slots?: string            # How many ordinary slots must be free
  ]

  def "nu-complete breakglass fence lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass fence format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass fence color" [] {
    [ "auto" "always" "never" ]
  }

  # Keep a role, a database or a pool from taking freed slots
  export extern "breakglass fence" [
    --role: string            # Limit the connections of this role
    --database: string        # Limit the connections to this database
    --pool: string            # Have PgBouncer refuse new clients of this database of its own (DISABLE); takes no --limit
    --limit: string           # To so many connections; 0 lets nobody new in
    --for: string             # Wait so long, then undo it; at once on Ctrl-C, SIGTERM or a closed terminal
    --list                    # List the fences that stand, on every server, by this account's record
    --undo: string            # Undo this fence, or the only one that stands on this server (with --pgbouncer: in this pooler)
    --all                     # With --undo: every fence on this server
    --forget: string          # Take this fence off the list and leave the limit as it is
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask
    --reason: string          # Why, for the record
    --no-record               # Go on without a record file; its lines are printed instead, and --undo will not know the fence
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass fence lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass fence format" # Form of the answer
    --color: string@"nu-complete breakglass fence color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass rescue lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass rescue format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass rescue color" [] {
    [ "auto" "always" "never" ]
  }

  # Walk through the lanes, led, until an ordinary role gets in
  export extern "breakglass rescue" [
    --probe-user: string      # Log in as this role to see whether ordinary clients get in [default: the connection's]
    --evidence: path          # Where the evidence goes [default: beside the record]
    --no-evidence             # Save none
    --dry-run                 # Show what would be done first, and stop
    --yes                     # Do not ask; needs --limit N
    --limit: string           # End at most N in the whole run
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets of a step to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass rescue lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass rescue format" # Form of the answer
    --color: string@"nu-complete breakglass rescue color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass backends lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass backends format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass backends color" [] {
    [ "auto" "always" "never" ]
  }

  # List or end a server's processes on its host, without a login
  export extern "breakglass backends" [
    --cluster: string         # Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string
    --not-app: string
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string
    --not-idle-for: string
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking: string
    --not-blocking: string
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --all-processes           # Also background processes, and connections without a startup packet
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass backends lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass backends format" # Form of the answer
    --color: string@"nu-complete breakglass backends color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass backends list lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass backends list format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass backends list color" [] {
    [ "auto" "always" "never" ]
  }

  # List the processes of every server on this host (what 'backends' alone does)
  export extern "breakglass backends list" [
    --cluster: string         # Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string
    --not-app: string
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string
    --not-idle-for: string
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking: string
    --not-blocking: string
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --all-processes           # Also background processes, and connections without a startup packet
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass backends list lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass backends list format" # Form of the answer
    --color: string@"nu-complete breakglass backends list color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass backends cancel lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass backends cancel format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass backends cancel color" [] {
    [ "auto" "always" "never" ]
  }

  # Cancel running statements with SIGINT; the sessions stay
  export extern "breakglass backends cancel" [
    --cluster: string         # Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string
    --not-app: string
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string
    --not-idle-for: string
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking: string
    --not-blocking: string
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --keep: string            # Not the newest N of each application
    --oldest: string          # Only the N connected longest
    --limit: string           # At most N, the least harmful first
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass backends cancel lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass backends cancel format" # Form of the answer
    --color: string@"nu-complete breakglass backends cancel color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass backends terminate lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass backends terminate format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass backends terminate color" [] {
    [ "auto" "always" "never" ]
  }

  # End sessions with SIGTERM, so that their slots come back
  export extern "breakglass backends terminate" [
    --cluster: string         # Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here
    --pid: string             # Process ID
    --not-pid: string         # Not this process ID
    --runtime: string
    --not-runtime: string
    --user: string            # Role name
    --not-user: string        # Not this role
    --database: string        # Database name
    --not-database: string    # Not this database
    --app: string
    --not-app: string
    --client: string          # Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    --not-client: string      # Not this client
    --state: string           # State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string
    --not-idle-for: string
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string   # Connected at least this long
    --not-connected-for: string # Not connected this long
    --blocking: string
    --not-blocking: string
    --waiting                 # Waits for a lock
    --not-waiting             # Waits for no lock
    --keep: string            # Not the newest N of each application
    --oldest: string          # Only the N connected longest
    --limit: string           # At most N, the least harmful first
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --recount: string         # How long to watch who takes freed slots again
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass backends terminate lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass backends terminate format" # Form of the answer
    --color: string@"nu-complete breakglass backends terminate color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass sockets lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass sockets format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass sockets color" [] {
    [ "auto" "always" "never" ]
  }

  # List or sever this host's TCP connections, without a login
  export extern "breakglass sockets" [
    --pid: string             # Process that has it open
    --not-pid: string         # Not this process
    --runtime: string
    --not-runtime: string
    --user: string
    --not-user: string
    --database: string
    --not-database: string
    --app: string
    --not-app: string
    --client: string          # Address or network (10.0.0.0/8) of the application's end
    --not-client: string      # Not this client
    --state: string           # State: idle, waiting, undecided, closing
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string        # Answered, and quiet at least this long
    --not-idle-for: string    # Not quiet this long after an answer
    --waiting-for: string     # Waiting for the server's answer at least this long
    --not-waiting-for: string # Not waiting this long
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string
    --not-connected-for: string
    --blocking: string
    --not-blocking: string
    --waiting: string
    --not-waiting: string
    --keep: string
    --limit: string           # At most N rows, the longest quiet of each state first
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass sockets lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass sockets format" # Form of the answer
    --color: string@"nu-complete breakglass sockets color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass sockets list lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass sockets list format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass sockets list color" [] {
    [ "auto" "always" "never" ]
  }

  # List this host's TCP connections to the target (what 'sockets' alone does)
  export extern "breakglass sockets list" [
    --pid: string             # Process that has it open
    --not-pid: string         # Not this process
    --runtime: string
    --not-runtime: string
    --user: string
    --not-user: string
    --database: string
    --not-database: string
    --app: string
    --not-app: string
    --client: string          # Address or network (10.0.0.0/8) of the application's end
    --not-client: string      # Not this client
    --state: string           # State: idle, waiting, undecided, closing
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string        # Answered, and quiet at least this long
    --not-idle-for: string    # Not quiet this long after an answer
    --waiting-for: string     # Waiting for the server's answer at least this long
    --not-waiting-for: string # Not waiting this long
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string
    --not-connected-for: string
    --blocking: string
    --not-blocking: string
    --waiting: string
    --not-waiting: string
    --keep: string
    --limit: string           # At most N rows, the longest quiet of each state first
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass sockets list lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass sockets list format" # Form of the answer
    --color: string@"nu-complete breakglass sockets list color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass sockets sever lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass sockets sever format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass sockets sever color" [] {
    [ "auto" "always" "never" ]
  }

  # Sever connections, so that the slots of idle sessions come back
  export extern "breakglass sockets sever" [
    --pid: string             # Process that has it open
    --not-pid: string         # Not this process
    --runtime: string
    --not-runtime: string
    --user: string
    --not-user: string
    --database: string
    --not-database: string
    --app: string
    --not-app: string
    --client: string          # Address or network (10.0.0.0/8) of the application's end
    --not-client: string      # Not this client
    --state: string           # State: idle, waiting, undecided, closing
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string        # Answered, and quiet at least this long
    --not-idle-for: string    # Not quiet this long after an answer
    --waiting-for: string     # Waiting for the server's answer at least this long
    --not-waiting-for: string # Not waiting this long
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string
    --not-connected-for: string
    --blocking: string
    --not-blocking: string
    --waiting: string
    --not-waiting: string
    --keep: string
    --oldest: string          # Only the N that have been quiet longest; a socket does not tell when it was opened
    --limit: string           # At most N, the least harmful first
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass sockets sever lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass sockets sever format" # Form of the answer
    --color: string@"nu-complete breakglass sockets sever color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass workers lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass workers format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass workers color" [] {
    [ "auto" "always" "never" ]
  }

  # List or recycle processes of this host that hold connections
  export extern "breakglass workers" [
    --pid: string             # Process ID
    --not-pid: string         # Not this process
    --runtime: string         # Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration
    --not-runtime: string     # Not this runtime
    --user: string
    --not-user: string
    --database: string
    --not-database: string
    --app: string
    --not-app: string
    --client: string
    --not-client: string
    --state: string           # State: idle (all its connections), busy (one of them), undecided
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string        # All its connections idle at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string
    --not-connected-for: string
    --blocking: string
    --not-blocking: string
    --waiting: string
    --not-waiting: string
    --keep: string
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass workers lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass workers format" # Form of the answer
    --color: string@"nu-complete breakglass workers color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass workers list lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass workers list format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass workers list color" [] {
    [ "auto" "always" "never" ]
  }

  # List them (what 'workers' alone does)
  export extern "breakglass workers list" [
    --pid: string             # Process ID
    --not-pid: string         # Not this process
    --runtime: string         # Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration
    --not-runtime: string     # Not this runtime
    --user: string
    --not-user: string
    --database: string
    --not-database: string
    --app: string
    --not-app: string
    --client: string
    --not-client: string
    --state: string           # State: idle (all its connections), busy (one of them), undecided
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string        # All its connections idle at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string
    --not-connected-for: string
    --blocking: string
    --not-blocking: string
    --waiting: string
    --not-waiting: string
    --keep: string
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass workers list lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass workers list format" # Form of the answer
    --color: string@"nu-complete breakglass workers list color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass workers recycle lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass workers recycle format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass workers recycle color" [] {
    [ "auto" "always" "never" ]
  }

  # Recycle workers, so that the slots of their idle connections come back
  export extern "breakglass workers recycle" [
    --pid: string             # Process ID
    --not-pid: string         # Not this process
    --runtime: string         # Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration
    --not-runtime: string     # Not this runtime
    --user: string
    --not-user: string
    --database: string
    --not-database: string
    --app: string
    --not-app: string
    --client: string
    --not-client: string
    --state: string           # State: idle (all its connections), busy (one of them), undecided
    --not-state: string       # Not this state
    --query: string
    --not-query: string
    --idle-for: string        # All its connections idle at least this long
    --not-idle-for: string    # Not idle this long
    --waiting-for: string
    --not-waiting-for: string
    --in-transaction-for: string
    --not-in-transaction-for: string
    --active-for: string
    --not-active-for: string
    --connected-for: string
    --not-connected-for: string
    --blocking: string
    --not-blocking: string
    --waiting: string
    --not-waiting: string
    --keep: string
    --oldest: string          # Only the N that run longest
    --limit: string           # At most N, the least harmful first
    --signal: string          # Send this signal instead of the runtime's own; with --pid, to that very process
    --via: string             # Run [recycler.NAME] of the configuration instead of sending signals
    --batch: string           # How many at a time
    --pause: string           # Between two batches
    --until-free: string      # Stop when so many ordinary slots are free (asks the database)
    --until-answers           # Stop when the database admits a login
    --escalate                # SIGKILL for workers that are still there after --wait; never for a master
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass workers recycle lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass workers recycle format" # Form of the answer
    --color: string@"nu-complete breakglass workers recycle color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass pgbouncer lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer color" [] {
    [ "auto" "always" "never" ]
  }

  # Look at PgBouncer, pause, resume or kill its databases
  export extern "breakglass pgbouncer" [
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass pgbouncer status lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer status format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer status color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the pools and which layer is short of connections
  export extern "breakglass pgbouncer status" [
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer status lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer status format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer status color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass pgbouncer pause lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer pause format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer pause color" [] {
    [ "auto" "always" "never" ]
  }

  # Hold a database's clients back for a time, then RESUME
  export extern "breakglass pgbouncer pause" [
    --for: string             # For how long at most
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer pause lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer pause format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer pause color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    database: string          # The pooler's name of the database
  ]

  def "nu-complete breakglass pgbouncer resume lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer resume format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer resume color" [] {
    [ "auto" "always" "never" ]
  }

  # End a pause: of 'pause', of 'kill', or of somebody else
  export extern "breakglass pgbouncer resume" [
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer resume lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer resume format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer resume color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    database: string          # The pooler's name of the database
  ]

  def "nu-complete breakglass pgbouncer disable lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer disable format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer disable color" [] {
    [ "auto" "always" "never" ]
  }

  # Refuse new clients of a database; those that are there stay
  export extern "breakglass pgbouncer disable" [
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer disable lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer disable format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer disable color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    database: string          # The pooler's name of the database
  ]

  def "nu-complete breakglass pgbouncer enable lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer enable format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer enable color" [] {
    [ "auto" "always" "never" ]
  }

  # Admit new clients of a database again
  export extern "breakglass pgbouncer enable" [
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer enable lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer enable format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer enable color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    database: string          # The pooler's name of the database
  ]

  def "nu-complete breakglass pgbouncer kill lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer kill format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer kill color" [] {
    [ "auto" "always" "never" ]
  }

  # Drop all clients and server connections of a database, then RESUME
  export extern "breakglass pgbouncer kill" [
    --leave-paused            # Do not RESUME: clients hang until 'resume'
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer kill lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer kill format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer kill color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    database: string          # The pooler's name of the database
  ]

  def "nu-complete breakglass pgbouncer kill-client lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer kill-client format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer kill-client color" [] {
    [ "auto" "always" "never" ]
  }

  # Drop single clients, by the id that SHOW CLIENTS gives them (PgBouncer 1.24 and later)
  export extern "breakglass pgbouncer kill-client" [
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer kill-client lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer kill-client format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer kill-client color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    ...ids: string            # Their ids
  ]

  def "nu-complete breakglass pgbouncer reconnect lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass pgbouncer reconnect format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass pgbouncer reconnect color" [] {
    [ "auto" "always" "never" ]
  }

  # Close each server connection of a database when its client releases it; new ones open as needed
  export extern "breakglass pgbouncer reconnect" [
    --limit: string           # Only if it hits at most N: clients where they are dropped, else databases
    --dry-run                 # Show the plan and stop
    --yes                     # Do not ask; needs --limit N or --all
    --all                     # However many match
    --include: string         # Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    --reason: string          # Why, for the record
    --wait: string            # How long to wait for the targets to go
    --no-record               # Go on without a record file; its lines are printed instead
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass pgbouncer reconnect lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass pgbouncer reconnect format" # Form of the answer
    --color: string@"nu-complete breakglass pgbouncer reconnect color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    database: string          # The pooler's name of the database
  ]

  def "nu-complete breakglass doctor lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass doctor format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass doctor color" [] {
    [ "auto" "always" "never" ]
  }

  # Try every lane for real and review the server, in peace
  export extern "breakglass doctor" [
    --role: string            # Review this role's rights instead of those of the role that logs in
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass doctor lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass doctor format" # Form of the answer
    --color: string@"nu-complete breakglass doctor color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass prepare lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass prepare format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass prepare color" [] {
    [ "auto" "always" "never" ]
  }

  # Print or apply the SQL for a least-privilege break-glass role
  export extern "breakglass prepare" [
    --role: string            # Name of the role
    --no-replication          # Without the replication lane, which can read everything
    --reserve: string         # From 16 on: slots of reserved_connections to keep for it; 0 for none
    --address: string         # From where it logs in, for pg_hba.conf
    --name: string            # Name of the target in the configuration block
    --server-version: string  # Print for this major version, without a server
    --provider: string        # Managed service [default: as the server's settings tell]
    --apply                   # Run the statements after showing them
    --yes                     # Do not ask
    --new-password            # Set a new password, also where the role is there
    --ask-password            # Type the password instead of having one generated
    --reason: string          # Why, for the record
    --no-record               # Go on without a record file; its lines are printed instead
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass prepare lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass prepare format" # Form of the answer
    --color: string@"nu-complete breakglass prepare color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass snapshot lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass snapshot format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass snapshot color" [] {
    [ "auto" "always" "never" ]
  }

  # Save the evidence to a file: sessions, locks, settings
  export extern "breakglass snapshot" [
    --with-queries            # Keep the text of statements, with whatever data is in it
    --pgbouncer: string       # PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass snapshot lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass snapshot format" # Form of the answer
    --color: string@"nu-complete breakglass snapshot color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    file?: path               # Where to; '-' prints it [default: breakglass-snapshot-SERVER-TIME.json here]
  ]

  def "nu-complete breakglass history lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass history format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass history color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what was done, by whom, and what came of it
  export extern "breakglass history" [
    --record: path            # Another record, or a directory with records (*.jsonl) below it; may be repeated
    --since: string           # From this long ago (2h), or from this moment on (2026-11-22T03:00:00Z)
    --incident: string        # Only what was done with a --reason that contains this
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass history lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass history format" # Form of the answer
    --color: string@"nu-complete breakglass history color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass check format" [] {
    [ "nagios" "prometheus" "json" ]
  }

  def "nu-complete breakglass check lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass check color" [] {
    [ "auto" "always" "never" ]
  }

  # Check the count against capacity, for Nagios or Prometheus
  export extern "breakglass check" [
    --warning(-w): string     # Warn from here on: 80%, 20left, or 80 [default: 80%]
    --critical(-c): string    # Critical from here on [default: 95%]
    --idle-in-transaction-for: string # Judge how many idle in their transaction this long
    --idle-for: string        # Judge how many idle this long, outside a transaction
    --active-for: string      # Judge how many run their statement this long
    --in-transaction-for: string # Judge how many are in their transaction this long
    --only-show-limits        # Show roles and databases at their own limits, and do not complain
    --deadline: string        # How long all of it may take
    --file: path              # File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass, as root in /var/lib/breakglass, else in ~/.local/state/breakglass]
    --format: string@"nu-complete breakglass check format" # Form of the answer
    --textfile: path          # Write the metrics to this file, at once or not at all; with --format prometheus instead of printing them
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass check lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --color: string@"nu-complete breakglass check color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass probe lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass probe format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass probe color" [] {
    [ "auto" "always" "never" ]
  }

  # Probe whether a new connection can be had, and answers
  export extern "breakglass probe" [
    --slow: string            # Call it slow when a step, or all together, takes longer
    --writable                # Call it read-only on a standby, and where default_transaction_read_only is on
    --http: string            # A health endpoint to compare with
    --deadline: string        # How long all of it may take
    --quiet                   # Say nothing; the exit code tells
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass probe lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass probe format" # Form of the answer
    --color: string@"nu-complete breakglass probe color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass record lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass record format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass record color" [] {
    [ "auto" "always" "never" ]
  }

  # Append one sample: who holds the slots now, and the limits
  export extern "breakglass record" [
    --file: path              # File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass, as root in /var/lib/breakglass, else in ~/.local/state/breakglass]
    --keep: string            # Remove this server's samples that are older than this
    --verbose                 # Say what was appended
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass record lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass record format" # Form of the answer
    --color: string@"nu-complete breakglass record color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass headroom lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass headroom format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass headroom color" [] {
    [ "auto" "always" "never" ]
  }

  # Review the samples: peaks, trend, fleet and role limits
  export extern "breakglass headroom" [
    --file: path              # File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass, as root in /var/lib/breakglass, else in ~/.local/state/breakglass]
    --from-prometheus: path   # Review the answer of a Prometheus range query instead (JSON)
    --since: string           # Only the samples of so long
    --capacity: string        # Ordinary slots to measure against, instead of the server's
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass headroom lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass headroom format" # Form of the answer
    --color: string@"nu-complete breakglass headroom color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
  ]

  def "nu-complete breakglass drill scenario" [] {
    [ "all" "first" "second" "storm" "half-open" "lock-queue" "leak" "workers" "pooler" "blind" ]
  }

  def "nu-complete breakglass drill hands_on" [] {
    [ "first" "second" "storm" "half-open" "lock-queue" "leak" "workers" "pooler" "blind" ]
  }

  def "nu-complete breakglass drill lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass drill format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass drill color" [] {
    [ "auto" "always" "never" ]
  }

  # Rehearse an outage on a throwaway PostgreSQL server
  export extern "breakglass drill" [
    --bindir: path            # Directory of the server's binaries, initdb and postgres [env: BREAKGLASS_PG_BINDIR]
    --hands-on: string@"nu-complete breakglass drill hands_on" # Leave the incident running for you to end by hand, from another terminal
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass drill lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass drill format" # Form of the answer
    --color: string@"nu-complete breakglass drill color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    scenario?: string@"nu-complete breakglass drill scenario" # What to play
  ]

  def "nu-complete breakglass runbook lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass runbook format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass runbook color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the runbooks, or the one of a symptom
  export extern "breakglass runbook" [
    --search: string          # Show every line of every runbook with this in it
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass runbook lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass runbook format" # Form of the answer
    --color: string@"nu-complete breakglass runbook color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    name?: string             # Which one
  ]

  def "nu-complete breakglass schema name" [] {
    [ "act" ]
  }

  def "nu-complete breakglass schema lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass schema format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass schema color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the JSON Schema of an answer with --format json
  export extern "breakglass schema" [
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass schema lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass schema format" # Form of the answer
    --color: string@"nu-complete breakglass schema color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    name: string@"nu-complete breakglass schema name" # Which document
  ]

  def "nu-complete breakglass completions shell" [] {
    [ "bash" "zsh" "fish" "powershell" "nushell" ]
  }

  def "nu-complete breakglass completions lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass completions format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass completions color" [] {
    [ "auto" "always" "never" ]
  }

  # Print a shell's completion script, or install it
  export extern "breakglass completions" [
    --install                 # Write it where the shell looks, for this account
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass completions lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass completions format" # Form of the answer
    --color: string@"nu-complete breakglass completions color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    shell: string@"nu-complete breakglass completions shell" # Which shell
  ]

  def "nu-complete breakglass man lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass man format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass man color" [] {
    [ "auto" "always" "never" ]
  }

  # Write the manual pages, one for each command
  export extern "breakglass man" [
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass man lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass man format" # Form of the answer
    --color: string@"nu-complete breakglass man color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    directory: path           # Directory to write into; made where it is missing
  ]

  def "nu-complete breakglass help lane" [] {
    [ "auto" "login" "replication" ]
  }

  def "nu-complete breakglass help format" [] {
    [ "table" "json" "csv" "markdown" "nagios" "prometheus" ]
  }

  def "nu-complete breakglass help color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the commands in groups, or the help of one
  export extern "breakglass help" [
    --host(-h): string        # Server host, or directory of its Unix socket; several separated by commas
    --port(-p): string        # Server port; several separated by commas
    --username(-U): string    # Role to log in as
    --dbname(-d): string      # Database name, postgresql:// URI, or key=value string [default: postgres]
    --service: string         # Entry of pg_service.conf
    --target(-t): string      # Target of the configuration file: [target.NAME]
    --lane: string@"nu-complete breakglass help lane" # Which way in: a login, the replication lane, or whichever opens
    --connect-timeout: string # How long one attempt to connect may take, login included [default: 3s]
    --retry-for: string       # While every slot is taken: how long to go on trying both lanes
    --format: string@"nu-complete breakglass help format" # Form of the answer
    --color: string@"nu-complete breakglass help color" # Colour; auto also heeds NO_COLOR and TERM=dumb
    --help                    # Print help (-h is the host, as in psql)
    ...command: string        # Which command, its own subcommand after it
  ]

}

export use completions *
