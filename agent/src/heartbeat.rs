//! Heartbeats to the Host Manager: they show that the node is connected and that what runs on it works. They are news of no
//! consequence to the node, so that nothing waits for them and none is repeated.

use std::{sync::Arc, time::Duration};

use emt_api::hostmgr::{
    InstanceState, InstanceStatus, UpdateInstanceStateStatusByHostGuidRequest as Heartbeat, hostmgr_client::HostmgrClient,
};
use tokio::{sync::watch, task::JoinSet};
use tonic::{Code, Status, transport::Channel};

use crate::{
    machine::State,
    manager::{authorised, is_refusal},
    net,
    token::Tokens,
};

/// Time between heartbeats (southbound contract, Host Manager): a node that misses three counts as lost.
const INTERVAL: Duration = Duration::from_secs(10);
/// Longest time that a heartbeat may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// Pause after the answer that a server has no Host Manager.
const ABSENT: Duration = Duration::from_mins(10);

/// The heartbeats of one process; they end with it.
pub(crate) struct Heartbeats {
    status: watch::Sender<Option<InstanceStatus>>,
    _task: JoinSet<()>,
}

impl Heartbeats {
    /// Of a node, over a connection to its Host Manager. None is sent before the first [`Self::show`].
    pub(crate) fn new(uuid: &str, channel: Channel, tokens: Arc<Tokens>) -> Self {
        let (status, watched) = watch::channel(None);
        let mut task = JoinSet::new();
        let sender = Sender { uuid: uuid.to_owned(), client: HostmgrClient::new(channel), tokens };
        task.spawn(sender.go(watched));
        Self { status, _task: task }
    }

    /// What is to be told from now on. A change is told at once.
    pub(crate) fn show(&self, state: &State) {
        let now = Some(match state {
            State::Verifying { .. } => InstanceStatus::Initializing,
            _ => InstanceStatus::Running,
        });
        self.status.send_if_modified(|told| std::mem::replace(told, now) != now);
    }
}

struct Sender {
    uuid: String,
    client: HostmgrClient<Channel>,
    tokens: Arc<Tokens>,
}

impl Sender {
    async fn go(mut self, mut status: watch::Receiver<Option<InstanceStatus>>) {
        loop {
            let told = *status.borrow_and_update();
            let pause = match told {
                Some(told) => self.beat(told).await,
                None => ABSENT,
            };
            tokio::select! {
                changed = status.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends one; gives the pause until the next.
    async fn beat(&mut self, status: InstanceStatus) -> Duration {
        let message = Heartbeat {
            host_guid: self.uuid.clone(),
            instance_status: status.into(),
            instance_state: InstanceState::Running.into(),
            provider_status_detail: match status {
                InstanceStatus::Running => "1 of 1 components running".to_owned(),
                _ => "0 of 1 components running".to_owned(),
            },
        };
        match self.send(message).await {
            Ok(()) => INTERVAL,
            Err(status) => {
                tracing::debug!(code = ?status.code(), error = %net::chain(&status), "the heartbeat was not taken");
                if status.code() == Code::Unimplemented { ABSENT } else { INTERVAL }
            }
        }
    }

    /// A token that is refused is replaced once.
    async fn send(&mut self, message: Heartbeat) -> Result<(), Status> {
        let mut replaced = false;
        loop {
            let token = self.tokens.get().await.map_err(|error| Status::unauthenticated(error.to_string()))?;
            let request = authorised(message.clone(), &token, DEADLINE)?;
            let answer = tokio::time::timeout(DEADLINE, self.client.update_instance_state_status_by_host_guid(request)).await;
            match answer {
                Err(_) => return Err(Status::deadline_exceeded("no answer in time")),
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(status)) if is_refusal(&status) && !replaced => {
                    self.tokens.refused(&token).await;
                    replaced = true;
                }
                Ok(Err(status)) => return Err(status),
            }
        }
    }
}
