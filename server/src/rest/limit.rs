//! How many requests one client address may send in a second (northbound contract, limits).
//!
//! Only what operators and scripts call is counted: nodes speak gRPC and fetch images, many of them may stand behind one
//! address, and their pace is the server's own choice. The machine itself is not counted either: a proxy in front of the
//! server has all clients behind its one address, and has limits of its own.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

/// Addresses that are remembered at once. One takes some 50 bytes.
const ADDRESSES: usize = 65_536;
/// Milliseconds after which an address that is quiet has all its requests again.
const SECOND: i64 = 1000;

/// Counts requests by address.
pub(super) struct Limiter {
    /// Requests a second, and at once; 0: any number.
    rate: u32,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

/// What an address has left.
#[derive(Clone, Copy)]
struct Bucket {
    /// Thousandths of a request.
    left: u64,
    /// When that was counted.
    at_ms: i64,
}

impl Limiter {
    /// Lets each address send so many requests a second, and as many at once.
    pub(super) fn new(rate: u32) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Whether an address may send one more request now.
    pub(super) fn admits(&self, address: IpAddr, now_ms: i64) -> bool {
        if self.rate == 0 || address.is_loopback() {
            return true;
        }
        let full = u64::from(self.rate) * 1000;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = network(address);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&key) {
            make_room(&mut buckets, now_ms);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: full, at_ms: now_ms });
        // A clock that was put back gives nothing.
        let passed = u64::try_from(now_ms - bucket.at_ms).unwrap_or_default();
        bucket.left = full.min(bucket.left.saturating_add(passed.saturating_mul(u64::from(self.rate))));
        bucket.at_ms = now_ms;
        let admitted = bucket.left >= 1000;
        if admitted {
            bucket.left -= 1000;
        }
        admitted
    }
}

/// Forgets those that have all their requests again; if nobody has, all: then each begins anew.
fn make_room(buckets: &mut HashMap<IpAddr, Bucket>, now_ms: i64) {
    buckets.retain(|_, bucket| (0..SECOND).contains(&(now_ms - bucket.at_ms)));
    if buckets.len() >= ADDRESSES {
        buckets.clear();
    }
}

/// Who holds one IPv6 address usually holds the 64 bits below its network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limiter: &Limiter, address: &str, now_ms: i64, times: usize) -> usize {
        (0..times).filter(|_| limiter.admits(address.parse().unwrap(), now_ms)).count()
    }

    #[test]
    fn an_address_has_a_second_of_requests_and_gets_more_with_time() {
        let limiter = Limiter::new(200);
        assert_eq!(admitted(&limiter, "192.0.2.1", 0, 300), 200);
        assert_eq!(admitted(&limiter, "192.0.2.2", 0, 300), 200, "another address has its own");
        assert_eq!(admitted(&limiter, "192.0.2.1", 4, 300), 0, "4 ms are less than a request");
        assert_eq!(admitted(&limiter, "192.0.2.1", 5, 300), 1);
        assert_eq!(admitted(&limiter, "192.0.2.1", 505, 300), 100);
        assert_eq!(admitted(&limiter, "192.0.2.1", 100_000, 300), 200, "it never has more than a second's");
        assert_eq!(admitted(&limiter, "192.0.2.1", 0, 300), 0, "a clock that was put back gives nothing");
    }

    #[test]
    fn addresses_of_one_network_count_as_one_and_the_machine_itself_does_not_count() {
        let limiter = Limiter::new(10);
        assert_eq!(admitted(&limiter, "2001:db8::1", 0, 6) + admitted(&limiter, "2001:db8::2", 0, 6), 10);
        assert_eq!(admitted(&limiter, "2001:db8:0:1::1", 0, 6), 6);
        for loopback in ["127.0.0.1", "127.8.8.8", "::1"] {
            assert_eq!(admitted(&limiter, loopback, 0, 100), 100);
        }
        assert_eq!(admitted(&Limiter::new(0), "192.0.2.1", 0, 100_000), 100_000, "no limit");
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::new(1);
        for number in 0..u32::try_from(ADDRESSES).unwrap() * 2 + 5 {
            limiter.admits(IpAddr::from(number.to_be_bytes()), i64::from(number) / 100);
        }
        assert!(limiter.buckets.lock().unwrap().len() <= ADDRESSES);
    }
}
