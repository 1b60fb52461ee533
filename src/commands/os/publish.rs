//! Publishing: hash the file, look whether it is there already, send it, and make the OS resource.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use emt_api::{
    input::{Input, Purpose},
    resources::OS,
};
use emt_client::{Image, Resource, kinds, models::Os};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{PublishArgs, send};
use crate::{
    app::App,
    error::{Doing, Error},
    output::{bar, say},
};

/// Bytes hashed at once.
const CHUNK: usize = 256 * 1024;

pub(super) async fn run(app: &App, args: PublishArgs) -> Result<(), Error> {
    let name = args.name.clone().unwrap_or_else(|| format!("{} {}", args.profile, args.version));
    check(&args, &name)?;
    let api = app.api().await?;
    let path = args.image.clone();
    // Beside the requests, so that an interruption is heard.
    let hashed = tokio::task::spawn_blocking(move || hash(&path));
    let (sha256, size) = hashed.await.map_err(|error| Error::Runtime(io::Error::other(error)))??;
    if let Some(expected) = args.sha256.as_ref().filter(|expected| **expected != sha256) {
        let image = args.image.display();
        return Err(Error::rule(
            format!("{image} has SHA-256 {sha256}, but {expected} was expected: it is altered or cut short"),
            "fetch the image again; nothing was sent",
        ));
    }
    let label = format!("{} {}", args.profile, args.version);
    let known = api.list(&kinds::OS, &[]).await.doing(format!("publish {label}"))?;
    if let Some(there) = already(&known, &args, &name, &sha256)? {
        say(&format!("{label} is published already as {}; nothing was changed", there.data.id));
        return app.out.made(there);
    }
    let release = send::send(app, &Image { file: &args.image, size, sha256: &sha256 }).await?;
    let body = body(&args, &name, &sha256, &release.url);
    // Sending may have outlived the token.
    let made =
        app.api().await?.create(&kinds::OS, &body).await.doing(format!("make an OS resource of {label}; its image is there"))?;
    say(&format!("published {label} as {}", made.data.id));
    app.out.made(&made)
}

fn body(args: &PublishArgs, name: &str, sha256: &str, url: &str) -> Json {
    json!({
        "name": name,
        "profileName": args.profile,
        "imageId": args.version,
        "imageUrl": url,
        "sha256": sha256,
        "architecture": args.architecture,
        "osType": "OS_TYPE_IMMUTABLE",
        "osProvider": "OS_PROVIDER_KIND_INFRA",
        "securityFeature": args.security_feature.on_the_wire(),
    })
}

/// What the server would refuse is refused before gigabytes are sent.
fn check(args: &PublishArgs, name: &str) -> Result<(), Error> {
    for (what, value) in [("profile", &args.profile), ("version", &args.version)] {
        if value.is_empty() {
            return Err(Error::call(format!("the {what} is empty"), format!("give one: --{what}")));
        }
    }
    let body = body(args, name, &"0".repeat(64), "image");
    Input::read(&OS, &body, Purpose::Create).map(drop).map_err(|error| {
        let what = error.message.replace("request body has an error at ", "");
        Error::call(format!("the server would refuse {what}"), "nothing was sent; change the value")
    })
}

/// The same OS, if it is there; a conflict if something else has its version or its name.
fn already<'a>(
    known: &'a [Resource<Os>],
    args: &PublishArgs,
    name: &str,
    sha256: &str,
) -> Result<Option<&'a Resource<Os>>, Error> {
    let label = format!("{} {}", args.profile, args.version);
    if let Some(there) = known.iter().find(|os| os.data.profile == args.profile && os.data.version == args.version) {
        if there.data.sha256 == sha256 {
            return Ok(Some(there));
        }
        return Err(Error::rule(
            format!("{label} is published as {} with another image: SHA-256 {}, not {sha256}", there.data.id, there.data.sha256),
            "a published version never changes: give the new image a new version",
        ));
    }
    match known.iter().find(|os| os.data.name == name) {
        Some(there) => Err(Error::rule(
            format!("the name {name} belongs to {} ({} {})", there.data.id, there.data.profile, there.data.version),
            "give another: --name NAME",
        )),
        None => Ok(None),
    }
}

/// SHA-256 and length of a file.
fn hash(path: &Path) -> Result<(String, u64), Error> {
    let failed = |error| Error::file("read", path)(error);
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Error::call(format!("{} is no file", path.display()), "name the file that holds the image"));
    }
    if metadata.len() == 0 {
        return Err(Error::call(format!("{} is empty", path.display()), "name the file that holds the image"));
    }
    let progress = bar("hashing", metadata.len());
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).map_err(failed)? {
            0 => break,
            got => {
                hash.update(&chunk[..got]);
                size += got as u64;
                progress.set_position(size);
            }
        }
    }
    progress.finish_and_clear();
    Ok((hex::encode(hash.finalize()), size))
}

#[cfg(test)]
mod tests {
    use super::{super::SecurityFeature, *};

    #[test]
    fn the_same_again_is_known_and_conflicts_are_told() {
        let args = |profile: &str, version: &str| PublishArgs {
            image: "x".into(),
            profile: profile.to_owned(),
            version: version.to_owned(),
            name: None,
            architecture: "x86_64".to_owned(),
            security_feature: SecurityFeature::None,
            sha256: None,
        };
        let os = Os {
            id: "os-1".to_owned(),
            name: "edge 1".to_owned(),
            profile: "edge".to_owned(),
            version: "1".to_owned(),
            sha256: "aa".to_owned(),
            ..Os::default()
        };
        let known = [Resource { json: Json::Null, data: os }];
        for (args, name, sha256, expected) in [
            (args("edge", "1"), "edge 1", "aa", Ok(true)),
            (args("edge", "1"), "other", "aa", Ok(true)),
            (args("edge", "1"), "edge 1", "bb", Err("with another image")),
            (args("edge", "2"), "edge 1", "bb", Err("the name edge 1 belongs to os-1 (edge 1)")),
            (args("edge", "2"), "edge 2", "aa", Ok(false)),
        ] {
            match (already(&known, &args, name, sha256), expected) {
                (Ok(found), Ok(there)) => assert_eq!(found.is_some(), there, "{args:?}"),
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{error}"),
                (found, _) => panic!("{args:?}: {found:?}"),
            }
        }
    }
}
