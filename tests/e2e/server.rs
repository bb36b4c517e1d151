//! A static file server for the built site, as plain as the hosts it will meet: no compression, no clever headers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The built site.
pub fn built_site() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    assert!(
        root.join("index.html").is_file(),
        "the site is not built: run `make site` first, or `make test`"
    );
    root
}

/// A host that is there.
pub fn up() -> Arc<AtomicBool> {
    Arc::new(AtomicBool::new(true))
}

/// Serves a folder under `/some/folder/` on a free port until the runtime ends, and hangs up on everyone while it is not
/// `up`; returns the page's address.
pub async fn serve(root: PathBuf, up: Arc<AtomicBool>) -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if up.load(Ordering::Relaxed) {
                tokio::spawn(answer(stream, root.clone()));
            }
        }
    });
    Ok(format!("http://{address}/some/folder/"))
}

async fn answer(mut stream: TcpStream, root: PathBuf) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
    let line = String::from_utf8_lossy(&request);
    let path = line
        .split(' ')
        .nth(1)
        .unwrap_or("/")
        .split(['?', '#'])
        .next()
        .unwrap_or("/");
    let file = path
        .strip_prefix("/some/folder/")
        .map(|name| if name.is_empty() { "index.html" } else { name });
    let body = match file {
        Some(name) if !name.contains("..") => tokio::fs::read(root.join(name)).await.ok(),
        _ => None,
    };
    let (status, body) = body.map_or(("404 Not Found", b"not here".to_vec()), |body| ("200 OK", body));
    let kind = kind(file.unwrap_or_default());
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
