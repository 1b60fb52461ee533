//! A stretch of network that breaks.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

/// Passes connections on to a port of loopback.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    /// Says when a connection has come to its end, and ends it when it is told to go on.
    pub broken: Receiver<Sender<()>>,
}

impl Proxy {
    /// Each connection breaks once so many bytes have been sent along it; after the last number no more break.
    pub fn start(to: u16, bytes: Vec<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, broken) = channel();
        thread::spawn(move || {
            let mut bytes = bytes.into_iter();
            for client in listener.incoming() {
                let (client, limit, sender) = (client.unwrap(), bytes.next().unwrap_or(usize::MAX), sender.clone());
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let (back, front) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || {
                    pass(back, &front, usize::MAX);
                    let _ = front.shutdown(Shutdown::Both);
                });
                thread::spawn(move || {
                    if pass(client.try_clone().unwrap(), &server, limit) {
                        let (go_on, wait) = channel();
                        // A test that does not look lets it break at once.
                        if sender.send(go_on).is_ok() {
                            let _ = wait.recv();
                        }
                    }
                    let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
                });
            }
        });
        Self { port, broken }
    }

    /// Lets connections break at once.
    pub fn unwatched(self) -> u16 {
        self.port
    }
}

/// Passes at most so many bytes on; whether it was that many.
fn pass(mut from: TcpStream, mut to: &TcpStream, mut left: usize) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    while left > 0 {
        let most = buffer.len().min(left);
        let Ok(got @ 1..) = from.read(&mut buffer[..most]) else { return false };
        if to.write_all(&buffer[..got]).is_err() {
            return false;
        }
        left -= got;
    }
    true
}
