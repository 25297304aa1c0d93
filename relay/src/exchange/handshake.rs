//! Lets a device in: Challenge, Hello, Welcome.

use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{self, Challenge, DeviceListChanged, Hello, Welcome};
use sotto_protocol::id::{AccountId, DeviceId};
use sotto_protocol::limits::MAX_AUDIENCE_BYTES;
use sotto_protocol::{PROTOCOL_VERSION, signing};

use crate::directory::{Credential, Member, VerifiedList, VerifiedPass, Visitor, Wanted, verifies};
use crate::error::Refusal;
use crate::limits::Limits;
use crate::store::{Admitted, Backend, StoreError};

/// A hello whose proof was checked.
#[derive(Debug)]
pub struct Proven {
    /// Who it is.
    pub member: Member,
    /// What it brought.
    pub credential: Credential,
}

/// The relay's opening. `nonce` is random, and for this connection alone.
pub fn challenge(nonce: &[u8; 32], now_ms: u64) -> Challenge {
    Challenge {
        nonce: nonce.to_vec(),
        relay_time_ms: now_ms,
    }
}

/// Checks a hello against the challenge of its connection and the name that the
/// client must have dialled. Nothing is looked up.
///
/// # Errors
///
/// A refusal with which the connection ends.
pub fn prove(hello: Hello, nonce: &[u8; 32], dialled: &str) -> Result<Proven, Refusal> {
    if hello.version != PROTOCOL_VERSION {
        let message = format!(
            "expected version {PROTOCOL_VERSION} of the protocol, found {}",
            hello.version
        );
        let refusal = Refusal::new(ErrorCode::VersionUnsupported, message);
        return Err(refusal.detail("supported", PROTOCOL_VERSION));
    }
    let account = AccountId::try_from(hello.account.as_slice())
        .map_err(|error| Refusal::invalid("account", error.to_string()))?;
    let device = DeviceId::try_from(hello.device.as_slice())
        .map_err(|error| Refusal::invalid("device", error.to_string()))?;
    if hello.audience.len() > MAX_AUDIENCE_BYTES {
        let message = format!("expected at most {MAX_AUDIENCE_BYTES} bytes as audience");
        return Err(Refusal::invalid("audience", message));
    }
    if !hello.audience.eq_ignore_ascii_case(dialled) {
        let message = format!(
            "expected a hello for {dialled}, found one for another relay; \
             dial the relay under the name that its operator has set as public URL"
        );
        return Err(Refusal::new(ErrorCode::AuthInvalidProof, message));
    }
    let message = signing::hello(nonce, &account, &device, &hello.audience);
    if !verifies(device.as_bytes(), &message, &hello.signature) {
        let message = "expected the device's signature over this connection's challenge";
        return Err(Refusal::new(ErrorCode::AuthInvalidProof, message));
    }
    let member = Member { account, device };
    let credential = match (hello.device_list, hello.pass) {
        (None, None) => Credential::None,
        (Some(list), None) => Credential::List(VerifiedList::check(&account, list)?),
        (None, Some(pass)) => Credential::Pass(VerifiedPass::check(&member, &pass)?),
        (Some(_), Some(_)) => {
            let message = "expected a device list or a pass, found both";
            return Err(Refusal::invalid("pass", message));
        }
    };
    Ok(Proven { member, credential })
}

/// What a device is shown before it is turned away because the account's list does not name it: that
/// list, so that it need not take the relay's word. Shown to one that brings a list which names it;
/// whoever else knows an account's id has no claim to it here.
///
/// # Errors
///
/// When the store fails.
pub fn shown_to_removed(
    store: &mut (impl Backend + ?Sized),
    visitor: &Visitor,
    now_ms: u64,
) -> Result<Option<Tell>, StoreError> {
    let Member { account, device } = visitor.member;
    let named = visitor.list().map(VerifiedList::devices);
    if !named.is_some_and(|named| named.contains(&device)) {
        return Ok(None);
    }
    // No key of anybody is used up: it is not in the list.
    let served = store.fetch(&account, &Wanted::These(vec![device]), now_ms)?;
    Ok(served.ok().map(|served| {
        Tell::DeviceListChanged(DeviceListChanged {
            device_list: Some(served.list),
        })
    }))
}

/// What the client is told when it is in.
pub fn welcome(admitted: &Admitted, limits: &Limits, now_ms: u64) -> Welcome {
    Welcome {
        relay_time_ms: now_ms,
        limits: Some(frames::Limits {
            max_payload_bytes: limits.max_payload_bytes,
            delivery_window: limits.delivery_window,
            max_ttl_seconds: limits.max_ttl_seconds.into(),
            idle_timeout_seconds: limits.idle_timeout_seconds,
        }),
        prekeys: Some(admitted.supply),
        mailboxes: admitted.mailboxes,
        backlog: admitted.backlog,
        device_list: admitted.newer.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Person;

    #[test]
    fn a_hello_proves_one_device_to_one_relay_on_one_connection() {
        let robin = Person::new(1);
        let nonce = [9; 32];
        let good = robin.hello(&nonce, "relay.example:8787");
        let proven = prove(good.clone(), &nonce, "Relay.Example:8787").unwrap();
        assert_eq!(proven.member.device, robin.device_id());

        let code = |hello, nonce, dialled| prove(hello, nonce, dialled).unwrap_err().code;
        let wrong = ErrorCode::AuthInvalidProof;
        assert_eq!(code(good.clone(), &[8; 32], "relay.example:8787"), wrong);
        assert_eq!(code(good.clone(), &nonce, "other.example:8787"), wrong);
        assert_eq!(code(good.clone(), &nonce, ""), wrong);
        let elsewhere = Hello {
            audience: "other:1".into(),
            ..good.clone()
        };
        assert_eq!(code(elsewhere, &nonce, "other:1"), wrong);
        let somebody = Hello {
            device: Person::new(2).device_id().to_vec(),
            ..good.clone()
        };
        assert_eq!(code(somebody, &nonce, "relay.example:8787"), wrong);
        let newer = Hello {
            version: 2,
            ..good.clone()
        };
        assert_eq!(
            code(newer, &nonce, "relay.example:8787"),
            ErrorCode::VersionUnsupported
        );
        let short = Hello {
            account: vec![1; 31],
            ..good.clone()
        };
        assert_eq!(
            code(short, &nonce, "relay.example:8787"),
            ErrorCode::RequestInvalid
        );
        let long = Hello {
            audience: "a".repeat(263),
            ..good
        };
        assert_eq!(
            code(long, &nonce, "relay.example:8787"),
            ErrorCode::RequestInvalid
        );
    }
}
