//! The Release Service: how fast one large file comes out, beside nginx with the same file, certificate and protocol, and how
//! much memory many downloads at once take.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use emt_api::filter::Expr;
use emt_server::{
    data_dir::DataDir,
    identity::records::ProjectRecord,
    store::{self, StoreExt},
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    Outcome,
    fleet::log_in,
    http::Target,
    mib,
    server::{PROJECT, Server},
};

/// Bytes of the file.
const SIZE: usize = 512 << 20;
/// Name of the file: its digest is not looked at when it is served.
const NAME: &str = "abababababababababababababababababababababababababababababababab";
/// Downloads at once when memory is looked at.
const MANY: usize = 100;
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long nginx may take to listen.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn measure(seconds: u64) -> Outcome<()> {
    let mut project = String::new();
    let server = Server::start_with(async |data| {
        project = fill(data).await?;
        Ok(())
    })
    .await?;
    let file = server.path(&format!("server/images/{project}/{NAME}"));
    let token = log_in(&server).await?;
    let ours = Target::new(&server.origin, &server.authority)?;
    let path = format!("/files-edge-orch/{project}/{NAME}/image.raw");
    let theirs = nginx(&server, &file).await?;
    for callers in [1, 4] {
        let rate = throughput(&ours, &ours.request("GET", &path, &token, ""), callers, seconds).await?;
        let what = format!("| {} MiB downloaded whole, {callers} at once | {rate:.0} MiB/s |", SIZE >> 20);
        match &theirs {
            None => println!("{what} nginx is not installed (Debian: apt-get install nginx-light) | |"),
            Some((target, _child)) => {
                let yardstick = throughput(target, &target.request("GET", &format!("/{NAME}"), "", ""), callers, seconds).await?;
                println!("{what} nginx {yardstick:.0} MiB/s | {:.2} |", rate / yardstick);
            }
        }
    }
    let idle = server.resident_kib()?;
    let most = memory(&server, &ours, ours.request("GET", &path, &token, ""), seconds).await?;
    println!("| server memory while {MANY} downloads run | {:.1} MiB | idle {:.1} MiB | |", mib(most), mib(idle));
    Ok(())
}

/// Puts the file where the server keeps images; the project's UUID.
async fn fill(data: &Path) -> Outcome<String> {
    let data = DataDir::new(data.to_owned());
    let store = store::open(&data.database())?;
    let project = store.load_all::<ProjectRecord>("", Expr::is("name", PROJECT)).await?.into_iter().next();
    let project = project.ok_or("no project")?.meta.id;
    let directory = data.images().join(&project);
    std::fs::create_dir_all(&directory)?;
    let mut file = std::fs::File::create(directory.join(NAME))?;
    let chunk: Vec<u8> = (0..1 << 20).map(|byte: u32| byte.to_le_bytes()[0] ^ byte.to_le_bytes()[1]).collect();
    for _ in 0..SIZE >> 20 {
        file.write_all(&chunk)?;
    }
    file.sync_all()?;
    Ok(project)
}

/// MiB a second of so many downloads at once, each repeated until the time is over.
async fn throughput(target: &Target, request: &[u8], callers: usize, seconds: u64) -> Outcome<f64> {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (target, request) = (target.clone(), request.to_vec());
            tokio::spawn(async move {
                let mut connection = target.connect().await?;
                let mut files = 0_u32;
                while begin.elapsed().as_secs() < seconds {
                    connection.ask(&request, |_| {}).await?;
                    files += 1;
                }
                Outcome::Ok(files)
            })
        })
        .collect();
    let mut files = 0;
    for task in tasks {
        files += task.await??;
    }
    #[allow(clippy::cast_precision_loss, reason = "a small number")]
    let whole = (SIZE >> 20) as f64;
    Ok(f64::from(files) * whole / begin.elapsed().as_secs_f64())
}

/// Most memory of the server while many downloads run, KiB.
async fn memory(server: &Server, target: &Target, request: Vec<u8>, seconds: u64) -> Outcome<u64> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..MANY {
        let (target, request) = (target.clone(), request.clone());
        tasks.spawn(async move {
            let mut connection = target.connect().await?;
            loop {
                connection.ask(&request, |_| {}).await?;
            }
            #[allow(unreachable_code, reason = "it tells the type")]
            Outcome::Ok(())
        });
    }
    let (begin, mut most) = (Instant::now(), 0);
    while begin.elapsed().as_secs() < seconds {
        tokio::time::sleep(LOOK).await;
        most = most.max(server.resident_kib()?);
        if let Some(ended) = tasks.try_join_next() {
            ended??;
        }
    }
    tasks.abort_all();
    Ok(most)
}

/// A running nginx. It is asked to end, not killed: else its workers would outlive it.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(pid) = self.0.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

/// The same file behind nginx, if it is installed.
async fn nginx(server: &Server, file: &Path) -> Outcome<Option<(Target, Nginx)>> {
    let places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
    let Some(program) = places.into_iter().find(|place| place.exists()) else { return Ok(None) };
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let (certificate, key) = server.certificate();
    let (work, root) = (server.path("nginx"), file.parent().ok_or("no directory")?.display().to_string());
    std::fs::create_dir_all(&work)?;
    let here = work.display();
    let user = if std::env::var("USER").is_ok_and(|user| user == "root") || std::env::var_os("USER").is_none() {
        "user root;"
    } else {
        ""
    };
    let text = format!(
        "{user} daemon off; worker_processes auto; pid {here}/pid; error_log {here}/error warn;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; default_type application/octet-stream;\n\
         client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;\n\
         uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;\n\
         server {{ listen 127.0.0.1:{free} ssl; ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1.3; root {root}; }} }}\n",
        certificate.display(),
        key.display(),
    );
    let settings = work.join("nginx.conf");
    std::fs::write(&settings, text)?;
    let mut command = Command::new(program);
    command.arg("-p").arg(&work).arg("-e").arg(work.join("error")).arg("-c").arg(&settings);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().map(Nginx)?;
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", free)).await.is_err() {
        if begin.elapsed() > PATIENCE {
            return Err(format!("nginx does not listen; {} tells more", work.join("error").display()).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let host = server.origin.rsplit_once(':').map_or(server.origin.as_str(), |(host, _)| host);
    Ok(Some((Target::new(&format!("{host}:{free}"), &server.authority)?, child)))
}
