/* Two threads of Rust that each hold the mutex which the other wants: std's mutexes are futexes of
   their own, so what is known is that nobody is left.
// needs: rustc
// signal: TERM
// status: 143
// expect: deadlock count=1 wait=futex function=deadlock_rust::both role=waiting text=nobody_can_wake_them
// expect-stdout: ready
// says: nobody is left to wake
*/
use std::arch::asm;
use std::fs;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

/* As in support.h: by raw calls, so that nobody sees it. */
fn call(number: i64, a: i64, b: i64, c: i64) -> i64 {
    let result;
    unsafe {
        asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c,
             out("rcx") _, out("r11") _);
    }
    result
}

fn all_sleep(process: i64, threads: usize) -> bool {
    let tasks: Vec<_> = match fs::read_dir(format!("/proc/{process}/task")) {
        Ok(folder) => folder.flatten().collect(),
        Err(_) => return false,
    };
    let asleep = |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("wchan")).is_ok_and(|text| text.contains("futex"))
    };
    tasks.len() == threads && tasks.iter().all(asleep)
}

fn say_ready_when_all_sleep(threads: usize) {
    let parent = call(39, 0, 0, 0); /* getpid */
    if call(57, 0, 0, 0) != 0 { /* fork */
        return;
    }
    while !all_sleep(parent, threads) {
        if call(110, 0, 0, 0) != parent { /* getppid */
            call(231, 1, 0, 0); /* exit_group */
        }
        call(24, 0, 0, 0); /* sched_yield */
    }
    call(1, 1, "ready\n".as_ptr() as i64, 6); /* write */
    call(231, 0, 0, 0);
}

#[inline(never)]
fn both(first: &Mutex<i32>, second: &Mutex<i32>, met: &Barrier) -> i32 {
    let a = first.lock().unwrap();
    met.wait();
    let b = second.lock().unwrap();
    *a + *b
}

fn main() {
    say_ready_when_all_sleep(2);
    let locks = Arc::new((Mutex::new(1), Mutex::new(2), Barrier::new(2)));
    let other = locks.clone();
    let thread = thread::spawn(move || both(&other.1, &other.0, &other.2));
    let sum = both(&locks.0, &locks.1, &locks.2);
    println!("{} {}", sum, thread.join().unwrap());
}
