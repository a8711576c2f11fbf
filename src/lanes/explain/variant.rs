//! The known situations, by name.
//!
//! Stage: inside an explanation. The names are part of the JSON output: they are only added to.

/// One known way to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Variant {
    /// No slot is free for anybody, superusers included.
    SlotsExhausted,
    /// The server has more child processes than it allows: a flood of half-open connections.
    ProcessesExhausted,
    /// Only the slots reserved for superusers are left.
    OnlySuperuserSlots,
    /// Only reserved slots are left, and the role may use neither kind (16 and later).
    OnlyReservedSlots,
    /// The role's connection limit.
    RoleLimit,
    /// The database's connection limit.
    DatabaseLimit,
    /// No walsender is free.
    WalsendersExhausted,
    /// Some other limit on connections.
    TooManyConnections,
    /// Starting, stopping, or recovering from a crash.
    CannotConnectNow,
    /// In recovery and not open to readers: not consistent yet, or hot standby is off.
    RecoveryNotOpen,
    /// The role does not exist or may not log in.
    RoleCannotLogIn,
    /// pg_hba.conf turns the connection away.
    PgHbaRefuses,
    /// The database takes no connections.
    DatabaseClosed,
    /// The role may not start a walsender.
    NoReplicationRight,
    /// The role may not connect to the database.
    NoConnectPrivilege,
    /// There is no such database.
    NoSuchDatabase,
    /// Wrong password, or no such role: the server does not say which.
    WrongPassword,
    /// Another authentication method said no.
    AuthenticationFailed,
    /// The session was ended while it was being set up.
    EndedWhileConnecting,
    /// The server could not start a process for the connection.
    CannotStartProcess,
    /// Some other ErrorResponse.
    Refused,
    /// The pooler takes no more clients.
    PoolerFull,
    /// The pooler's limit on clients for a database or a user.
    PoolerClientLimit,
    /// Waited in the pooler's queue for a server connection, in vain.
    PoolerQueueTimeout,
    /// The pooler reports that the server behind it is full.
    PoolerServerFull,
    /// The pooler cannot log in to the server behind it.
    PoolerServerDown,
    /// The pooler is shutting down.
    PoolerStopping,
    /// The pooler dropped the database or the client on an administrator's word.
    PoolerDisconnected,
    /// The pooler does not pass replication connections on.
    PoolerNoReplication,
    /// The pooler does not know the role, the password or the database.
    PoolerLogin,
    /// Some other answer of a pooler.
    PoolerRefused,
    /// What answers is no console of a pooler.
    NotAConsole,
    /// The host name has no address.
    NameNotFound,
    /// The name server did not answer.
    NameTimeout,
    /// Nothing listens there.
    ConnectionRefused,
    /// The Unix socket's file does not exist.
    SocketFileMissing,
    /// The Unix socket may not be used by this account.
    SocketDenied,
    /// No route.
    Unreachable,
    /// The address does not answer.
    NoAnswer,
    /// Something accepted the connection and says nothing.
    MuteServer,
    /// The connection was closed without a word.
    ClosedEarly,
    /// The TLS handshake failed.
    TlsFailed,
    /// TLS is required and not offered.
    TlsUnavailable,
    /// The TLS settings cannot be used.
    TlsSettings,
    /// What answered is not PostgreSQL.
    NotPostgres,
    /// A password is needed.
    PasswordMissing,
    /// An authentication method we do not speak.
    UnsupportedMethod,
    /// The server could not be trusted with, or by, the login.
    Untrusted,
    /// Not the kind of server that was asked for.
    UnsuitableServer,
    /// This machine lacks something.
    LocalFailure,
    /// Some other failure of the connection.
    ConnectionFailed,
}

words!(Variant);

impl Variant {
    /// Whether something ran out: slots, processes, a limit, a pool.
    pub fn is_exhaustion(self) -> bool {
        matches!(
            self,
            Self::SlotsExhausted
                | Self::ProcessesExhausted
                | Self::OnlySuperuserSlots
                | Self::OnlyReservedSlots
                | Self::RoleLimit
                | Self::DatabaseLimit
                | Self::WalsendersExhausted
                | Self::TooManyConnections
                | Self::CannotStartProcess
                | Self::PoolerFull
                | Self::PoolerClientLimit
                | Self::PoolerQueueTimeout
                | Self::PoolerServerFull
        )
    }

    /// Whether a storm may let us through a moment later. A role's or a database's limit is not retried: somebody set it
    /// on purpose, and another role or database gets in at once.
    pub(super) fn may_pass(self) -> bool {
        matches!(
            self,
            Self::SlotsExhausted
                | Self::ProcessesExhausted
                | Self::OnlySuperuserSlots
                | Self::OnlyReservedSlots
                | Self::WalsendersExhausted
                | Self::TooManyConnections
                | Self::PoolerServerFull
        )
    }
}
