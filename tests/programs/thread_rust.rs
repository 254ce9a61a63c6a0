// Rust's threads and locks, which wait in futex calls of their own.
// expect: blocked-thread count=1 severity=warning wait=futex function=thread_rust::parks role=waiting
// expect: thread-leak severity=note

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::thread;

static TID: AtomicI32 = AtomicI32::new(0);

extern "C" {
    fn gettid() -> i32;
}

#[inline(never)]
fn parks() {
    TID.store(unsafe { gettid() }, Ordering::SeqCst);
    loop {
        thread::park();
    }
}

// The letter of the thread's state in /proc.
fn state(tid: i32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/stat")).unwrap();
    stat[stat.rfind(')').unwrap() + 2..][..1].to_string()
}

fn main() {
    let sum: u64 = (0..4).map(|i| thread::spawn(move || i * 10)).map(|t| t.join().unwrap()).sum();
    println!("sum {sum}");

    let (sender, receiver) = mpsc::channel();
    let producer = thread::spawn(move || sender.send(String::from("hello")).unwrap());
    println!("received {}", receiver.recv().unwrap());
    producer.join().unwrap();

    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = Arc::clone(&pair);
    let waiter = thread::spawn(move || {
        let mut ready = other.0.lock().unwrap();
        while !*ready {
            ready = other.1.wait(ready).unwrap();
        }
    });
    *pair.0.lock().unwrap() = true;
    pair.1.notify_one();
    waiter.join().unwrap();

    let panics = thread::spawn(|| std::panic::resume_unwind(Box::new(7))).join();
    println!("panicked {}", panics.is_err());

    drop(thread::spawn(parks)); // dropping the handle detaches
    while TID.load(Ordering::SeqCst) == 0 {
        thread::yield_now();
    }
    while state(TID.load(Ordering::SeqCst)) == "R" {
        thread::yield_now();
    }
}
