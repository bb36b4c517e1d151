//! A static file server for the built site, as plain as the hosts it will meet: no compression, no clever headers.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves `dist/` under `/some/folder/` on a free port until the runtime ends; returns the page's address.
#[allow(dead_code)] // the benchmark serves more than the site
pub async fn serve_site() -> io::Result<String> {
    let address = serve(|path| site_file(path.strip_prefix("some/folder/")?)).await?;
    Ok(format!("{address}some/folder/"))
}

/// A file of the built site.
pub fn site_file(name: &str) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    assert!(
        root.join("index.html").is_file(),
        "the site is not built: run `make site` first, or `make test`"
    );
    file_in(&root, name)
}

/// A file below a folder, if it is there and nowhere else; the folder's page for an empty name.
pub fn file_in(root: &Path, name: &str) -> Option<Vec<u8>> {
    if name.contains("..") {
        return None;
    }
    std::fs::read(root.join(if name.is_empty() { "index.html" } else { name })).ok()
}

/// Serves what `content` has for a path, which begins with no slash and has no query, on a free port until the runtime
/// ends; returns the root's address, with a slash at its end.
pub async fn serve(content: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> io::Result<String> {
    serve_while(Arc::new(AtomicBool::new(true)), content).await
}

/// The same, but hangs up on everyone while it is not `up`.
pub async fn serve_while(
    up: Arc<AtomicBool>,
    content: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let content = Arc::new(content);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if up.load(Ordering::Relaxed) {
                tokio::spawn(answer(stream, content.clone()));
            }
        }
    });
    Ok(format!("http://{address}/"))
}

async fn answer(mut stream: TcpStream, content: Arc<impl Fn(&str) -> Option<Vec<u8>>>) -> io::Result<()> {
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
        .unwrap_or("/")
        .trim_start_matches('/');
    let body = content(path);
    let (status, body) = body.map_or(("404 Not Found", b"not here".to_vec()), |body| ("200 OK", body));
    let kind = kind(path);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        _ if name.is_empty() || name.ends_with('/') => "text/html; charset=utf-8",
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
