//! Passes, by which an account lets somebody in who is no device of its list yet.

use sotto_protocol::frames::Pass;
use sotto_protocol::signing;

use super::{Invalid, Member, invalid, verifies};

/// A pass whose account's signature was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedPass {
    expires_at_ms: u64,
}

impl VerifiedPass {
    /// Checks a pass that claims to be for `guest`, whose `account` is the one that lets it in.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names the field.
    pub fn check(guest: &Member, pass: &Pass) -> Result<Self, Invalid> {
        let Pass {
            expires_at_ms,
            signature,
        } = pass;
        let message = signing::pass(&guest.account, &guest.device, *expires_at_ms);
        if !verifies(guest.account.as_bytes(), &message, signature) {
            return Err(invalid(
                "pass.signature",
                "the account's signature over this device and time",
            ));
        }
        Ok(Self {
            expires_at_ms: *expires_at_ms,
        })
    }

    /// When it is over, in milliseconds since the Unix epoch.
    pub const fn expires_at_ms(&self) -> u64 {
        self.expires_at_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Person;

    #[test]
    fn a_pass_is_for_one_device_of_one_account_until_one_time() {
        let (robin, kim, guest) = (Person::new(1), Person::new(2), Person::new(3));
        let member = |account: &Person, guest: &Person| Member {
            account: account.account_id(),
            device: guest.device_id(),
        };
        let good = robin.pass(&guest, 1_000);
        let checked = VerifiedPass::check(&member(&robin, &guest), &good).unwrap();
        assert_eq!(checked.expires_at_ms(), 1_000);

        let field = |member, pass: &Pass| VerifiedPass::check(&member, pass).unwrap_err().field;
        let wrong = "pass.signature";
        assert_eq!(field(member(&robin, &kim), &good), wrong);
        assert_eq!(field(member(&kim, &guest), &good), wrong);
        let longer = Pass {
            expires_at_ms: 1_001,
            ..good.clone()
        };
        assert_eq!(field(member(&robin, &guest), &longer), wrong);
        let cut = Pass {
            signature: good.signature[..63].to_vec(),
            ..good.clone()
        };
        assert_eq!(field(member(&robin, &guest), &cut), wrong);
        // Another signature of the account is no pass.
        let list = Pass {
            signature: robin
                .sign(&signing::device_list(&signing::pass(
                    &robin.account_id(),
                    &guest.device_id(),
                    1_000,
                )))
                .to_vec(),
            ..good
        };
        assert_eq!(field(member(&robin, &guest), &list), wrong);
    }
}
