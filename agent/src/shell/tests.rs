use sotto_client_core::client::Profile;

use super::*;
use crate::{home::Home, vault};

const PASSPHRASE: &str = "correct horse battery staple";

fn passphrase() -> vault::Passphrase {
    vault::Passphrase::new(PASSPHRASE.to_owned())
}

async fn made(home: &Home) -> OpenVault {
    home.create().unwrap();
    let lock = home.try_lock().unwrap().unwrap();
    let profile = Profile {
        name: "Ada".into(),
        relay: "http://127.0.0.1:9".into(),
        time_zone: "Europe/Berlin".into(),
        device_name: String::new(),
    };
    let vault = vault::create(home, lock, profile, passphrase()).await;
    vault.unwrap()
}

async fn opened(home: &Home) -> OpenVault {
    let lock = home.try_lock().unwrap().unwrap();
    vault::open(home, lock, passphrase()).await.unwrap()
}

fn invite() -> Command {
    Command::Invite {
        uses: None,
        valid_hours: None,
    }
}

async fn invitations(handle: &Handle) -> usize {
    match handle.query(Query::Invitations).await.unwrap() {
        Answer::Invitations(invitations) => invitations.len(),
        other => panic!("expected invitations, found {other:?}"),
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_reload() {
    let root = tempfile::tempdir().unwrap();
    let home = Home::at(root.path().join("home"));
    let (handle, task) = start(made(&home).await, Reach::Offline).unwrap();
    let mut notices = handle.notices();
    handle.command(invite()).await.unwrap();
    assert!(!notices.recv().await.unwrap().is_empty());
    assert!(home.try_lock().unwrap().is_none());
    handle.stop().await;
    ended(task).await.unwrap();
    let late = handle.command(invite()).await.unwrap_err();
    assert_eq!(late.code, ApiErrorCode::VaultBusy);

    let (handle, task) = start(opened(&home).await, Reach::Offline).unwrap();
    assert_eq!(invitations(&handle).await, 1);
    handle.stop().await;
    ended(task).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_cannot_be_stored_ends_the_loop_and_answers_so() {
    let root = tempfile::tempdir().unwrap();
    let home = Home::at(root.path().join("home"));
    let (handle, task) = start(made(&home).await, Reach::Offline).unwrap();
    handle.command(invite()).await.unwrap();
    let refuse = |sql: &str| {
        let path = home.database();
        rusqlite::Connection::open(path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    };
    refuse(
        "CREATE TRIGGER refuse BEFORE INSERT ON records
         BEGIN SELECT RAISE(ABORT, 'refused'); END;",
    );
    let error = handle.command(invite()).await.unwrap_err();
    assert_eq!(error.code, ApiErrorCode::StoreFailed);
    assert_eq!(
        ended(task).await.unwrap_err().code,
        ApiErrorCode::StoreFailed
    );

    refuse("DROP TRIGGER refuse");
    let (handle, task) = start(opened(&home).await, Reach::Offline).unwrap();
    assert_eq!(invitations(&handle).await, 1);
    handle.stop().await;
    ended(task).await.unwrap();
}
