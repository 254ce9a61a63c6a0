// What the standard library has for threads, each used rightly.
use std::cell::RefCell;
use std::sync::atomic::*;
use std::sync::*;
use std::thread;
static LAZY: OnceLock<String> = OnceLock::new();
thread_local! {static T: RefCell<String> = RefCell::new(String::new());}
fn main() {
    let (tx, rx) = mpsc::channel::<Vec<u8>>();
    let hs: Vec<_> = (0..3)
        .map(|n| {
            let tx = tx.clone();
            thread::spawn(move || {
                for i in 0..50 {
                    tx.send(vec![n; i * 3]).unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let s: usize = rx.iter().map(|v| v.len()).sum();
    for h in hs {
        h.join().unwrap();
    }
    println!("{}", s);
    let (stx, srx) = mpsc::sync_channel::<String>(2);
    let h = thread::spawn(move || {
        for i in 0..50 {
            stx.send("x".repeat(i)).unwrap();
        }
    });
    println!("{}", srx.iter().map(|x| x.len()).sum::<usize>());
    h.join().unwrap();
    let m = Arc::new(Mutex::new(String::new()));
    let c = Arc::new((Mutex::new(0), Condvar::new()));
    let rw = Arc::new(RwLock::new(vec![0u8; 100]));
    let hs: Vec<_> = (0..3)
        .map(|_| {
            let (m, c, rw) = (m.clone(), c.clone(), rw.clone());
            thread::spawn(move || {
                for i in 0..30 {
                    m.lock().unwrap().push_str("abc");
                    {
                        rw.write().unwrap().extend_from_slice(&[1, 2, 3]);
                    }
                    {
                        let r = rw.read().unwrap();
                        let _ = r.clone();
                    }
                    if i == 29 {
                        *c.0.lock().unwrap() += 1;
                        c.1.notify_all();
                    }
                    T.with(|t| t.borrow_mut().push_str("zz"));
                }
            })
        })
        .collect();
    {
        let mut g = c.0.lock().unwrap();
        while *g < 3 {
            g = c.1.wait(g).unwrap();
        }
    }
    for h in hs {
        h.join().unwrap();
    }
    println!("{} {}", m.lock().unwrap().len(), rw.read().unwrap().len());
    let mut data = vec![0u8; 1000];
    thread::scope(|s| {
        for ch in data.chunks_mut(250) {
            s.spawn(move || {
                ch.fill(7);
            });
        }
    });
    println!("{}", data.iter().map(|x| *x as usize).sum::<usize>());
    let b = Arc::new(Barrier::new(3));
    let hs: Vec<_> = (0..3)
        .map(|_| {
            let b = b.clone();
            thread::spawn(move || {
                for _ in 0..10 {
                    b.wait();
                }
                LAZY.get_or_init(|| "lazy".repeat(50)).clone()
            })
        })
        .collect();
    for h in hs {
        print!("{} ", h.join().unwrap().len());
    }
    println!();
    let a = Arc::new(AtomicUsize::new(0));
    let a2 = a.clone();
    let h = thread::spawn(move || {
        while a2.load(Ordering::Acquire) == 0 {
            thread::park();
        }
        1
    });
    a.store(1, Ordering::Release);
    h.thread().unpark();
    println!("{}", h.join().unwrap());
}
