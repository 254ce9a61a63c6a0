/* Files and sockets of Rust: what is forgotten stays open, what is dropped does not.
// expect: fd-leak count=1 function=fd_rust::forget role=opened
// expect: fd-leak count=1 function=fd_rust::copy role=opened
*/
use std::fs::File;
use std::io::Read;
use std::net::{TcpListener, TcpStream};

#[inline(never)]
fn forget() {
    std::mem::forget(File::open("/dev/null").unwrap());
}

#[inline(never)]
fn copy() {
    let file = File::open("/dev/zero").unwrap();
    std::mem::forget(file.try_clone().unwrap());
}

fn sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    drop(client);
    assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
}

fn main() {
    forget();
    copy();
    sockets();
}
