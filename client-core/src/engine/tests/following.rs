//! What a device that follows another refuses, and says where it is done.

use super::{
    company::{follower, step, synced},
    *,
};
use crate::{
    api::{ApiError, Query as Look},
    message::SyncStep,
};

/// One of each command that the agent alone carries out, about nothing that is there.
const FOR_AGENT: [&str; 8] = [
    r#"{"type":"invite"}"#,
    r#"{"type":"approve_contact","contact":"nobody"}"#,
    r#"{"type":"import_calendar","ics":"nothing"}"#,
    r#"{"type":"set_preferences","preferences":PREFERENCES}"#,
    r#"{"type":"schedule","request":{}}"#,
    r#"{"type":"approve","proposal":"none"}"#,
    r#"{"type":"reject","proposal":"none"}"#,
    r#"{"type":"cancel","proposal":"none"}"#,
];

/// One of each that any device does; of contacts whom the agent knows, `block` and `remove` are for it.
const FOR_ANY: [&str; 14] = [
    r#"{"type":"block_contact","contact":"nobody"}"#,
    r#"{"type":"remove_contact","contact":"nobody"}"#,
    r#"{"type":"revoke_invitation","invitation":"none"}"#,
    r#"{"type":"accept_invitation","link":"none"}"#,
    r#"{"type":"verify_contact","contact":"nobody","verified":true}"#,
    r#"{"type":"rename_contact","contact":"nobody","name":"Bea"}"#,
    r#"{"type":"decide_hold","contact":"nobody","decision":"keep"}"#,
    r#"{"type":"link_device","keeper":false}"#,
    r#"{"type":"decide_link","link":"none","code":null}"#,
    r#"{"type":"remove_device","device":"none"}"#,
    r#"{"type":"make_agent","device":"none"}"#,
    r#"{"type":"rename_device","device":"none","name":"Phone"}"#,
    r#"{"type":"reconnect"}"#,
    r#"{"type":"remove_calendar","calendar":"none"}"#,
];

/// Why a command is refused because another device answers.
fn away(engine: &mut Engine, command: Command, rng: &mut ChaCha20Rng) -> Option<ApiError> {
    let request = RequestId(1);
    let output = engine.handle(Input::Command { request, command }, now(), rng);
    let mut replies = output.effects.into_iter();
    let refused = replies.find_map(|effect| match effect {
        Effect::Reply { result, .. } => result.err(),
        _ => None,
    });
    refused.filter(|error| error.code == ApiErrorCode::AgentAway)
}

#[test]
fn what_the_agent_alone_does_is_refused_with_its_name_and_nothing_else_is() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, _) = follower(rng);
    let said = format!("{} answers for you.", engine.agent_name());
    let preferences = String::from_utf8(record::encode(&engine.preferences)).unwrap();
    let all = FOR_AGENT.iter().map(|each| (each, Some(said.clone())));
    for (json, expected) in all.chain(FOR_ANY.iter().map(|each| (each, None))) {
        let json = json.replace("PREFERENCES", &preferences);
        let command: Command = serde_json::from_str(&json).unwrap();
        let refused = away(&mut engine, command, rng).map(|error| error.message);
        assert_eq!(refused, expected, "{json}");
    }
    // What would be refused is refused in the preview already.
    let request = ScheduleRequest::default();
    let look = Look::Interpret { request };
    let looked = engine.query(&look, std::iter::empty(), now());
    assert_eq!(looked.unwrap_err().message, said);
}

#[test]
fn whom_the_agent_knows_it_alone_removes_and_the_others_say_so() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let bea = a_contact(ContactId::random(rng), &created("Bea", rng));
    engine.contacts.insert(bea);
    let news = SyncStep::News {
        series: 0,
        number: 1,
        user: None,
        contacts: vec![synced(&created("Robin", rng))],
        gone: Vec::new(),
        meetings: Vec::new(),
    };
    step(&mut engine, &agent, news, rng);
    for (name, of_agent) in [("Robin", true), ("Bea", false)] {
        let view = engine.contact_view(engine.contacts.find(name).unwrap());
        assert_eq!(view.of_agent, of_agent, "{name}");
        let contact = name.to_owned();
        let refused = away(&mut engine, Command::BlockContact { contact }, rng);
        assert_eq!(refused.is_some(), of_agent, "{name}");
    }
}
