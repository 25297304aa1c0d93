//! A verb's way to the vault: through a running agent, or by opening it here.

use std::time::Duration;

use sotto_client_core::api::{
    Answer, ApiError, ApiErrorCode, CalendarView, Command, ConnectionState, ContactView,
    DeviceView, EventView, InvitationView, JoiningView, MessageView, Notice, Preferences,
    ProposalView, Query, ReceiptView, Reply, SafetyCheckView, SafetyCodeView, SafetyLink,
    ScheduleDraft, StatusView,
};
use tokio::{
    sync::broadcast,
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use super::{
    Context,
    connection::{ConnectionLine, online, shut_out, warn_of_queued},
    passphrase,
};
use crate::{
    error::{vault_busy, vault_missing},
    home::VaultLock,
    local::{LocalClient, Server},
    render::{devices::Away, times::Times},
    shell::{self, Handle, Reach},
    vault::{self, OpenVault},
};

/// How long to wait for another short verb that holds the vault.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// How long a look waits for the relay to answer.
const LOOK_PATIENCE: Duration = Duration::from_secs(2);

/// And so long for what waits there.
const FETCH_PATIENCE: Duration = Duration::from_secs(8);

/// How long the end of a verb waits for the relay to take what is to be sent.
const SETTLE_PATIENCE: Duration = Duration::from_secs(5);

/// What a verb wants of the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// That it takes what the verb sends, if it can be reached.
    Send,
    /// What waits there first, if it can be reached.
    Fresh,
}

/// An open way to the vault.
pub(super) enum Session {
    /// `sotto run`, or another verb that waits, holds the vault.
    Running(Box<LocalClient>),
    /// This process holds it.
    Own(Own),
}

pub(super) struct Own {
    handle: Handle,
    task: JoinHandle<Result<(), ApiError>>,
    notices: broadcast::Receiver<std::collections::BTreeSet<Notice>>,
    server: Option<Server>,
}

/// Takes the lock, or finds the agent that has it.
pub(super) enum Found {
    Running(Box<LocalClient>),
    Free(VaultLock),
}

/// Finds out who holds the vault; waits a little for a short verb to end.
pub(super) async fn find(context: &Context) -> Result<Found, ApiError> {
    let home = &context.home;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        if let Some(client) = LocalClient::connect(home).await? {
            return Ok(Found::Running(Box::new(client)));
        }
        if let Some(lock) = home.try_lock()? {
            return Ok(Found::Free(lock));
        }
        if Instant::now() >= deadline {
            return Err(vault_busy(home.dir()));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Opens the vault in this process, asking for the passphrase before the lock is taken for good.
pub(super) async fn unlock(context: &Context, lock: VaultLock) -> Result<OpenVault, ApiError> {
    if passphrase::given().is_some() {
        return open(context, lock, passphrase::existing()?).await;
    }
    // Nobody else should wait for somebody's typing.
    drop(lock);
    let passphrase = passphrase::existing()?;
    match find(context).await? {
        Found::Free(lock) => open(context, lock, passphrase).await,
        Found::Running(_) => Err(vault_busy(context.home.dir())),
    }
}

async fn open(
    context: &Context,
    lock: VaultLock,
    passphrase: vault::Passphrase,
) -> Result<OpenVault, ApiError> {
    let vault = vault::open(&context.home, lock, passphrase).await?;
    if !vault.damaged.is_empty() {
        context.out.warn(&ApiError::new(
            ApiErrorCode::VaultDamaged,
            format!(
                "{} of the vault's records are damaged and were set apart.",
                vault.damaged.len()
            ),
            "What they held is missing; restore the home directory from a backup if you have one.",
        ));
    }
    Ok(vault)
}

impl Session {
    /// Opens a way to the vault, as far online as the verb needs.
    pub(super) async fn open(context: &Context, need: Need) -> Result<Self, ApiError> {
        Self::open_with(context, need, false).await
    }

    /// The same, and lets other verbs in while it lasts.
    pub(super) async fn open_shared(context: &Context, need: Need) -> Result<Self, ApiError> {
        Self::open_with(context, need, true).await
    }

    async fn open_with(context: &Context, need: Need, shared: bool) -> Result<Self, ApiError> {
        if !context.home.has_database()? {
            return Err(vault_missing(context.home.dir()));
        }
        let lock = match find(context).await? {
            Found::Running(client) => {
                let mut session = Self::Running(client);
                if need != Need::Nothing && context.reach == Reach::Online {
                    // It may pause between two attempts.
                    session.reconnect().await?;
                    session
                        .wait_while(ConnectionState::Connecting, LOOK_PATIENCE)
                        .await?;
                    session.catch_up(need).await?;
                }
                return Ok(session);
            }
            Found::Free(lock) => lock,
        };
        let vault = unlock(context, lock).await?;
        let reach = if need == Need::Nothing {
            Reach::Offline
        } else {
            context.reach
        };
        let mut own = Own::start(vault, reach)?;
        if shared {
            own.server = Some(Server::start(&context.home, own.handle.clone())?);
        }
        let mut session = Self::Own(own);
        session.catch_up(need).await?;
        Ok(session)
    }

    /// Makes an agent that runs try at once. One that does not dial any more, or is no device of the
    /// account yet, says so itself where that matters.
    async fn reconnect(&mut self) -> Result<(), ApiError> {
        match self.command(Command::Reconnect).await {
            Err(error)
                if matches!(
                    error.code,
                    ApiErrorCode::WrongState | ApiErrorCode::DeviceRemoved
                ) =>
            {
                Ok(())
            }
            answered => answered.map(drop),
        }
    }

    /// How the connection is, also of a device that is still to be added to an account.
    async fn connection(&mut self) -> Result<ConnectionState, ApiError> {
        match self.joining().await? {
            Some(joining) => Ok(joining.connection),
            None => Ok(self.status().await?.connection),
        }
    }

    /// Waits for the relay, then for what waits there, where the verb wants that first.
    async fn catch_up(&mut self, need: Need) -> Result<(), ApiError> {
        if need == Need::Fresh {
            self.wait_while(ConnectionState::Connecting, LOOK_PATIENCE)
                .await?;
            self.wait_while(ConnectionState::Syncing, FETCH_PATIENCE)
                .await?;
        }
        Ok(())
    }

    /// Waits until the connection has left this state, for so long at most.
    async fn wait_while(
        &mut self,
        state: ConnectionState,
        patience: Duration,
    ) -> Result<(), ApiError> {
        self.subscribe().await?;
        let deadline = Instant::now() + patience;
        while self.connection().await? == state {
            match timeout_at(deadline, self.changed()).await {
                Ok(changed) => changed?,
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Wraps a vault that was just made.
    pub(super) fn own(vault: OpenVault, reach: Reach) -> Result<Self, ApiError> {
        Own::start(vault, reach).map(Self::Own)
    }

    /// The same, and lets other verbs in while it lasts.
    pub(super) fn own_shared(vault: OpenVault, context: &Context) -> Result<Self, ApiError> {
        let mut own = Own::start(vault, context.reach)?;
        own.server = Some(Server::start(&context.home, own.handle.clone())?);
        Ok(Self::Own(own))
    }

    pub(super) async fn command(&mut self, command: Command) -> Result<Reply, ApiError> {
        match self {
            Self::Running(client) => client.command(command).await,
            Self::Own(own) => own.handle.command(command).await,
        }
    }

    pub(super) async fn query(&mut self, query: Query) -> Result<Answer, ApiError> {
        match self {
            Self::Running(client) => client.query(query).await,
            Self::Own(own) => own.handle.query(query).await,
        }
    }

    /// Asks to be told of changes from now on.
    pub(super) async fn subscribe(&mut self) -> Result<(), ApiError> {
        match self {
            Self::Running(client) => client.subscribe().await,
            Self::Own(own) => {
                own.notices = own.handle.notices();
                Ok(())
            }
        }
    }

    /// Waits until something may have changed. May be cut off.
    pub(super) async fn changed(&mut self) -> Result<(), ApiError> {
        match self {
            Self::Running(client) => client.changed().await,
            Self::Own(own) => own.changed().await,
        }
    }

    /// That the relay may be dialled, by this process or by the agent that runs.
    pub(super) fn check_dials(&self, context: &Context) -> Result<(), ApiError> {
        match (self, context.reach) {
            (Self::Own(_), Reach::Offline) => Err(ApiError::new(
                ApiErrorCode::RelayUnreachable,
                "This needs the relay, and --offline asks not to dial it.",
                "Leave out --offline.",
            )),
            (Self::Own(_), Reach::Online) | (Self::Running(_), _) => Ok(()),
        }
    }

    /// Carries out a command that needs the relay, and says meanwhile what keeps it.
    pub(super) async fn command_online(
        &mut self,
        command: Command,
        context: &Context,
    ) -> Result<Reply, ApiError> {
        self.check_dials(context)?;
        self.subscribe().await?;
        let mut line = ConnectionLine::default();
        let status = self.status().await?;
        if let Some(refusal) = shut_out(&status, context) {
            return Err(refusal);
        }
        line.look(&status, context);
        match self {
            Self::Running(client) => client.command(command).await,
            Self::Own(own) => {
                let handle = own.handle.clone();
                let answer = handle.command(command);
                tokio::pin!(answer);
                loop {
                    tokio::select! {
                        answer = &mut answer => return answer,
                        changed = own.changed() => changed?,
                    }
                    if let Answer::Status(status) = handle.query(Query::Status).await? {
                        line.look(&status, context);
                    }
                }
            }
        }
    }

    /// Waits a little until the relay has everything; gives how things stand where it has not,
    /// or refused a part.
    pub(super) async fn hand_over(&mut self) -> Result<Option<StatusView>, ApiError> {
        self.subscribe().await?;
        let deadline = Instant::now() + SETTLE_PATIENCE;
        loop {
            let status = self.status().await?;
            match status.connection {
                ConnectionState::Online => {
                    return Ok(Some(status).filter(|status| status.connection_detail.is_some()));
                }
                ConnectionState::Offline
                | ConnectionState::Refused
                | ConnectionState::Unlisted
                | ConnectionState::Removed => return Ok(Some(status)),
                ConnectionState::Connecting | ConnectionState::Syncing => {}
            }
            match timeout_at(deadline, self.changed()).await {
                Ok(changed) => changed?,
                Err(_) => return Ok(Some(status)),
            }
        }
    }

    /// Ends a verb that looked.
    pub(super) async fn close(mut self) -> Result<(), ApiError> {
        if let Self::Own(own) = &self
            && online(*own.handle.connection().borrow())
        {
            // What came may have been answered by policy.
            self.hand_over().await?;
        }
        match self {
            Self::Running(_) => Ok(()),
            Self::Own(own) => own.stop().await,
        }
    }

    /// Ends a verb that sent something: warns when it is still here, and fails when the relay
    /// lets this agent in no more.
    pub(super) async fn settle(mut self, context: &Context) -> Result<(), ApiError> {
        let left = self.hand_over().await?;
        self.close().await?;
        let Some(status) = left else {
            return Ok(());
        };
        if let Some(refusal) = shut_out(&status, context) {
            return Err(refusal);
        }
        warn_of_queued(&status, context);
        Ok(())
    }
}

impl Own {
    fn start(vault: OpenVault, reach: Reach) -> Result<Self, ApiError> {
        let (handle, task) = shell::start(vault, reach)?;
        Ok(Self {
            notices: handle.notices(),
            handle,
            task,
            server: None,
        })
    }

    /// Waits until something may have changed. May be cut off.
    async fn changed(&mut self) -> Result<(), ApiError> {
        match self.notices.recv().await {
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
            Err(broadcast::error::RecvError::Closed) => Err(stopped()),
        }
    }

    async fn stop(mut self) -> Result<(), ApiError> {
        if let Some(server) = &mut self.server {
            server.close();
        }
        self.handle.stop().await;
        shell::ended(self.task).await
    }
}

fn stopped() -> ApiError {
    ApiError::new(
        ApiErrorCode::VaultBusy,
        "The agent stopped meanwhile.",
        "Try again.",
    )
}

/// An answer of another kind than the question's.
fn unexpected<T>(found: &T) -> ApiError
where
    T: serde::Serialize,
{
    let kind = serde_json::to_value(found).ok();
    let kind = kind.and_then(|value| value.get("type").map(ToString::to_string));
    crate::error::defect(format!(
        "an answer of kind {} came to another question",
        kind.unwrap_or_default()
    ))
}

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident($($query:ident: $type:ty)?) = $ask:expr => $variant:ident($answer:ty);)*) => {
        impl Session {
            $($(#[$doc])*
            pub(super) async fn $name(&mut self $(, $query: $type)?) -> Result<$answer, ApiError> {
                match self.query($ask).await? {
                    Answer::$variant(answer) => Ok(answer),
                    other => Err(unexpected(&other)),
                }
            })*
        }
    };
}

answers! {
    status() = Query::Status => Status(StatusView);
    devices() = Query::Devices => Devices(Vec<DeviceView>);
    joining() = Query::Joining => Joining(Option<JoiningView>);
    contacts() = Query::Contacts => Contacts(Vec<ContactView>);
    invitations() = Query::Invitations => Invitations(Vec<InvitationView>);
    calendars() = Query::Calendars => Calendars(Vec<CalendarView>);
    proposals() = Query::Proposals => Proposals(Vec<ProposalView>);
    preferences() = Query::Preferences => Preferences(Preferences);
    draft(query: Query) = query => Draft(ScheduleDraft);
    agenda(query: Query) = query => Agenda(Vec<EventView>);
    receipt(query: Query) = query => Receipt(ReceiptView);
    history(query: Query) = query => History(Vec<MessageView>);
    safety_code(contact: String) = Query::SafetyCode { contact } => SafetyCode(SafetyCodeView);
    safety_check(link: SafetyLink) = Query::InspectSafetyCode { link } => SafetyCheck(SafetyCheckView);
}

impl Session {
    /// The proposal as it is by now.
    pub(super) async fn proposal(&mut self, known: ProposalView) -> Result<ProposalView, ApiError> {
        let all = self.proposals().await?;
        let by_now = all.into_iter().find(|now| now.id == known.id);
        Ok(by_now.unwrap_or(known))
    }

    /// Why this device does not act for the user, where it does not.
    pub(super) async fn away(&mut self) -> Result<Option<Away>, ApiError> {
        Ok(Away::of(&self.devices().await?))
    }

    /// Shows instants in the user's time zone.
    pub(super) async fn times(&mut self) -> Result<Times, ApiError> {
        Ok(Times::new(&self.preferences().await?.time_zone))
    }
}

/// The reply of one kind, or what to say when it is of another.
macro_rules! expect_reply {
    ($reply:expr, $variant:ident) => {
        match $reply {
            sotto_client_core::api::Reply::$variant(value) => Ok(value),
            other => Err($crate::cli::session::unexpected_reply(&other)),
        }
    };
}
pub(super) use expect_reply;

pub(super) fn unexpected_reply(found: &Reply) -> ApiError {
    unexpected(found)
}
