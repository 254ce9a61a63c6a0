// Rust's locks wait on futexes of their own; pthread locks through its C interface are seen.
// The order that they give is in atomic instructions, which calls do not show (possible races).
// options: --races=off
// expect: none
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread;

fn main() {
    let sum = Arc::new((Mutex::new(0u64), Condvar::new(), RwLock::new(Vec::<u64>::new())));
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let sum = Arc::clone(&sum);
            thread::spawn(move || {
                for n in 0..200 {
                    *sum.0.lock().unwrap() += n;
                    if n % 50 == 0 {
                        sum.2.write().unwrap().push(i);
                    } else {
                        let _ = sum.2.read().unwrap().len();
                    }
                }
                sum.1.notify_all();
            })
        })
        .collect();
    {
        let mut now = sum.0.lock().unwrap();
        while *now < 4 * 199 * 100 {
            now = sum.1.wait(now).unwrap();
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    println!("{} {}", sum.0.lock().unwrap(), sum.2.read().unwrap().len());
}
