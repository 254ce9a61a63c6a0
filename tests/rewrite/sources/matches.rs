// Matches with tables, panics that unwind, trait objects.
use std::fmt::Debug;
use std::panic;

#[derive(Debug, Clone, Copy)]
enum Op {
    Add(u32),
    Sub(u32),
    Mul(u32),
    Shift(u8),
    Neg,
    Swap,
    Nop,
    Fail,
}

#[inline(never)]
fn step(op: Op, x: u32) -> u32 {
    match op {
        Op::Add(n) => x.wrapping_add(n),
        Op::Sub(n) => x.wrapping_sub(n),
        Op::Mul(n) => x.wrapping_mul(n),
        Op::Shift(n) => x.rotate_left(u32::from(n)),
        Op::Neg => !x,
        Op::Swap => x.swap_bytes(),
        Op::Nop => x,
        Op::Fail => panic!("planned {}", x),
    }
}

#[inline(never)]
fn name(n: u8) -> &'static str {
    match n {
        0 => "zero",
        1 => "one",
        2 => "two",
        3 => "three",
        4 => "four",
        5 => "five",
        6 => "six",
        _ => "many",
    }
}

#[inline(never)]
fn show(what: &dyn Debug) -> usize {
    format!("{:?}", what).len()
}

fn main() {
    panic::set_hook(Box::new(|_| {}));
    let ops = [Op::Add(7), Op::Mul(3), Op::Shift(5), Op::Neg, Op::Swap, Op::Sub(9), Op::Nop];
    let mut x = 1;
    for round in 0..50u8 {
        for op in ops.iter() {
            x = step(*op, x);
        }
        x = x.wrapping_add(name(round % 9).len() as u32);
    }
    let failed = panic::catch_unwind(|| step(Op::Fail, 3)).is_err();
    println!("{} {} {}", x, failed, show(&ops));
}
