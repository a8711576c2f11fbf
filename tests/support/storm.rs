//! Clients that connect again at once, without any back-off, whenever they are refused or ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use breakglass::drill::wire::{Login, log_in};

use super::await_that;
use super::server::Server;

/// A storm. Dropping it calms it.
pub struct Storm {
    calm: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<()>>,
}

impl Server {
    /// Lets `clients` loose on the server, and returns once some of them have been refused.
    pub fn storm(&self, user: &'static str, clients: usize) -> Storm {
        let calm = Arc::new(AtomicBool::new(false));
        let refused = Arc::new(AtomicUsize::new(0));
        let one = || {
            let address = self.throwaway.address().clone();
            let (calm, refused) = (calm.clone(), refused.clone());
            std::thread::spawn(move || {
                let parameters = [
                    ("user", user),
                    ("database", "postgres"),
                    ("application_name", "storm"),
                ];
                while !calm.load(Ordering::Relaxed) {
                    match log_in(&address, &parameters) {
                        Ok(Login::Admitted(mut session)) => {
                            let a_moment = Some(Duration::from_millis(50));
                            while !calm.load(Ordering::Relaxed)
                                && session.last_words(a_moment).is_err()
                            {
                            }
                        }
                        Ok(_) => _ = refused.fetch_add(1, Ordering::Relaxed),
                        Err(_) => {}
                    }
                }
            })
        };
        let clients = (0..clients).map(|_| one()).collect();
        let storm = Storm {
            calm,
            refused,
            clients,
        };
        await_that("a storm's client is refused", || storm.refused() >= 10);
        storm
    }
}

impl Storm {
    /// How many logins have been refused so far.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.calm.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            let _ = client.join();
        }
    }
}
