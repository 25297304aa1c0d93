use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use jiff::{SignedDuration, Timestamp};
use js_sys::Promise;
use sotto_client_core::engine::{Input, SocketId};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::fresh_name;
use crate::{
    clock,
    deferred::Deferred,
    lock::{self, Ask, Lock},
    socket::{Sink, Sockets},
    timer::Timer,
};

fn signal() -> (Promise, impl Fn() + Clone + 'static) {
    let (promise, deferred) = Deferred::new();
    (promise, move || deferred.resolve(&JsValue::UNDEFINED))
}

async fn ask(name: &str, how: Ask) -> Option<Lock> {
    lock::ask(name, how, || {}).await.unwrap()
}

#[wasm_bindgen_test]
async fn a_lock_is_held_by_one_until_it_lets_go() {
    let name = fresh_name();
    let first = ask(&name, Ask::IfFree).await;
    assert!(first.is_some());
    assert!(ask(&name, Ask::IfFree).await.is_none());
    assert!(ask(&fresh_name(), Ask::IfFree).await.is_some());

    let (waited, has_waited) = signal();
    wasm_bindgen_futures::spawn_local({
        let name = name.clone();
        async move {
            assert!(ask(&name, Ask::Wait).await.is_some());
            has_waited();
        }
    });
    drop(first);
    JsFuture::from(waited).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_stolen_lock_is_noticed_and_a_dropped_one_is_not() {
    let name = fresh_name();
    let (stolen, on_stolen) = signal();
    let first = lock::ask(&name, Ask::IfFree, on_stolen).await.unwrap();
    let second = lock::ask(&name, Ask::Steal, || panic!("nobody stole it")).await;
    JsFuture::from(stolen).await.unwrap();
    // What was stolen is not given back twice.
    drop(first);
    assert!(ask(&name, Ask::IfFree).await.is_none());
    drop(second);
    assert!(ask(&name, Ask::Wait).await.is_some());
}

#[wasm_bindgen_test]
async fn the_timer_keeps_to_the_last_time_it_was_given() {
    let (rang, ring) = signal();
    let rings = Rc::new(Cell::new(0));
    let timer = {
        let rings = Rc::clone(&rings);
        Timer::new(move || {
            rings.set(rings.get() + 1);
            ring();
        })
    };
    let start = clock::now();
    let soon = start + SignedDuration::from_millis(30);
    timer.set(Some(start - SignedDuration::from_secs(1)));
    timer.set(Some(Timestamp::MAX));
    timer.set(None);
    timer.set(Some(soon));
    JsFuture::from(rang).await.unwrap();
    assert!(clock::now() >= soon);
    assert_eq!(rings.get(), 1);
}

/// Sockets, what they said, and a promise for the first thing that they say.
fn sockets() -> (Sockets, Rc<RefCell<Vec<Input>>>, Promise) {
    let (heard, on_heard) = signal();
    let said = Rc::new(RefCell::new(Vec::new()));
    let sink: Sink = {
        let said = Rc::clone(&said);
        Rc::new(move |input| {
            said.borrow_mut().push(input);
            on_heard();
            true
        })
    };
    (Sockets::new(sink), said, heard)
}

#[wasm_bindgen_test]
async fn a_socket_that_cannot_be_opened_says_so_once() {
    for url in ["ws://127.0.0.1:9/", "no address", "https://[::"] {
        let (sockets, said, heard) = sockets();
        sockets.open(SocketId(7), url);
        JsFuture::from(heard).await.unwrap();
        let said = said.borrow();
        assert!(
            matches!(
                said.as_slice(),
                [Input::SocketClosed { socket: SocketId(7), reason }] if !reason.is_empty()
            ),
            "{url}: {said:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_socket_that_was_closed_from_here_says_nothing() {
    let (closed, closed_said, _) = sockets();
    closed.open(SocketId(1), "ws://127.0.0.1:9/");
    closed.close(SocketId(1));
    // Another, opened later, has failed by the time that the first would have.
    let (other, _, heard) = sockets();
    other.open(SocketId(2), "ws://127.0.0.1:9/");
    JsFuture::from(heard).await.unwrap();
    assert_eq!(*closed_said.borrow(), []);
}
