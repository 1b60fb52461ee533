//! Writing a slot of a sandbox node, beside decoding alone.

use std::{
    fs::File,
    io::Write,
    time::{Duration, Instant},
};

use emt_agent::slots::{
    SlotId, Slots,
    sandbox::{Health, ImageSpec, SandboxSlots, build_image},
};
use emt_image::Expected;
use flate2::{Compression, write::GzEncoder};

use crate::Outcome;

/// Size of the image, bytes.
const BYTES: usize = 256 * 1024 * 1024;
/// Rounds; the best of each kind counts, because a disk that is shared has bad moments.
const ROUNDS: usize = 3;

pub(crate) fn measure() -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let spec = ImageSpec { name: "emt".to_owned(), version: "3.0.1".to_owned(), health: Health::Healthy, payload_bytes: BYTES };
    let image = build_image(&spec);
    let file = directory.path().join("image.gz");
    let mut encoder = GzEncoder::new(File::create(&file)?, Compression::fast());
    encoder.write_all(&image)?;
    encoder.finish()?.sync_all()?;
    let slots = SandboxSlots::new(directory.path(), 2 * image.len() as u64, Some(SlotId::A));
    let (mut alone, mut whole, mut disk) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        emt_image::write(File::open(&file)?, std::io::sink(), Expected::default(), u64::MAX)?;
        alone = alone.min(start.elapsed());
        let start = Instant::now();
        slots.write(SlotId::B, &file, Expected::default())?;
        whole = whole.min(start.elapsed());
        let start = Instant::now();
        let mut plain = File::create(directory.path().join("plain"))?;
        plain.write_all(&image)?;
        plain.sync_all()?;
        disk = disk.min(start.elapsed());
    }
    #[allow(clippy::cast_precision_loss, reason = "a size")]
    let rate = |time: Duration| image.len() as f64 / 1e6 / time.as_secs_f64();
    println!(
        "| slot write: decode, hash, write, flush, read back | {:.0} MB/s | decode and hash alone {:.0} MB/s | {:.2} |",
        rate(whole),
        rate(alone),
        rate(whole) / rate(alone)
    );
    println!("| the disk alone: write and flush | {:.0} MB/s | | |", rate(disk));
    Ok(())
}
