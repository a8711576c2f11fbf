//! An operator at a terminal, who is asked.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::pty::openpty;

use super::await_that;
use super::operator::{Operator, Ran};

/// Runs `typed` at a terminal, calls `meanwhile` when the question stands there, and then types `answer`.
pub fn answer(operator: &Operator, typed: &[&str], answer: &str, meanwhile: impl FnOnce()) -> Ran {
    let terminal = openpty(None, None).unwrap();
    let slave = || Stdio::from(terminal.slave.try_clone().unwrap());
    let child = operator
        .command(typed)
        .stdin(slave())
        .stderr(slave())
        .spawn()
        .unwrap();
    drop(terminal.slave);
    let mut keyboard = File::from(terminal.master);
    let mut screen = keyboard.try_clone().unwrap();
    let shown = Arc::new(Mutex::new(String::new()));
    let writes = shown.clone();
    let watching = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal that nobody holds any more fails to be read.
        while let Ok(count @ 1..) = screen.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
            writes.lock().unwrap().push_str(&text);
        }
    });
    await_that("the question", || {
        let shown = shown.lock().unwrap();
        shown.contains("[y/N]") || shown.contains("Type ")
    });
    // What is typed before the question stands is thrown away.
    std::thread::sleep(Duration::from_millis(100));
    meanwhile();
    keyboard.write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    watching.join().unwrap();
    let mut ran = Ran::of(output, Duration::ZERO);
    ran.stderr = shown.lock().unwrap().clone();
    ran
}
