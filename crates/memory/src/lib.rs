//! Gives memory that a program has freed back to the system, for programs that run for months on small machines.
//!
//! Allocators keep what was freed until something that comes later gives them the occasion to return it. A server at rest has
//! none, so that what one busy moment took (five logins: 35 MiB) would stay taken.

/// Has the system's allocator return what is free. Takes milliseconds at most, from any thread; allocations wait meanwhile. Does
/// nothing where the allocator has no such call.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the function takes no pointer and returns none, and may be called from any thread at any time (malloc_trim(3)).
    #[allow(unsafe_code, reason = "a call into C, which Rust cannot check")]
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_stays() {
        let kept: Vec<Vec<u8>> = (0..64).map(|n| vec![n; 100_000]).collect();
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    drop(vec![1_u8; 8_000_000]);
                    give_back();
                });
            }
        });
        give_back();
        assert!(kept.iter().zip(0..).all(|(bytes, n)| bytes.iter().all(|byte| *byte == n)));
    }
}
