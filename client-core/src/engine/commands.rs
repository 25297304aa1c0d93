//! What the user wants changed.

use super::{Context, Engine, RequestId, Store, load::PREFERENCES_KEY};
use crate::{
    agenda::Naming,
    api::{ApiError, Command, Notice, Preferences, Reply},
    local_id::ContactId,
    negotiation::Decision,
};

impl Engine {
    pub(super) fn command(&mut self, request: RequestId, command: Command, cx: &mut Context<'_>) {
        if let Err(refused) = self.check_agent(&command) {
            return cx.reply(request, Err(refused));
        }
        let result = match command {
            // Answered once the relay has.
            Command::AcceptInvitation { link } => {
                return self.accept_invitation(request, &link, cx);
            }
            Command::Invite { uses, valid_hours } => self.invite(uses, valid_hours, cx),
            Command::RevokeInvitation { invitation } => self.revoke_invitation(&invitation, cx),
            Command::ApproveContact { contact } => self.approve_contact(&contact, cx),
            Command::VerifyContact { contact, verified } => {
                self.verify_contact(&contact, verified, cx)
            }
            Command::RenameContact { contact, name } => self.rename_contact(&contact, &name, cx),
            Command::BlockContact { contact } => self.block_contact(&contact, cx),
            Command::RemoveContact { contact } => self.remove_contact(&contact, cx),
            Command::DecideHold { contact, decision } => self.decide_hold(&contact, decision, cx),
            Command::LinkDevice { keeper } => self.link_device(keeper, cx),
            Command::DecideLink { link, code } => self.decide_link(&link, code.as_deref(), cx),
            Command::RemoveDevice { device } => self.remove_device(&device, cx),
            Command::MakeAgent { device } => self.make_agent(&device, cx),
            Command::RenameDevice { device, name } => self.rename_device(&device, &name, cx),
            Command::Reconnect => {
                self.connection.hurry(cx);
                Ok(Reply::Done)
            }
            Command::ImportCalendar {
                name,
                file_name,
                ics,
            } => {
                let file_name = file_name.as_deref();
                self.import_calendar(name.as_deref(), file_name, &ics, cx)
            }
            Command::RemoveCalendar { calendar } => self.remove_calendar(&calendar, cx),
            Command::SetPreferences { preferences } => self.set_preferences(preferences, cx),
            Command::Schedule { request } => self.schedule(&request, cx),
            Command::Approve { proposal, start } => {
                self.decide(&proposal, Decision::Approve { start }, cx)
            }
            Command::Reject {
                proposal,
                reason,
                suggest_another,
            } => self.decide(
                &proposal,
                Decision::Reject {
                    reason,
                    suggest_another,
                },
                cx,
            ),
            Command::Cancel { proposal, reason } => {
                self.decide(&proposal, Decision::Cancel { reason }, cx)
            }
        };
        cx.reply(request, result);
    }

    fn import_calendar(
        &mut self,
        name: Option<&str>,
        file_name: Option<&str>,
        ics: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let zone = self.preferences.zone();
        let mut report = self
            .agenda
            .import(Naming { name, file_name }, ics, &zone, cx)?;
        let name_of = |id: &ContactId| Some(self.contact_ref(id));
        let calendar = &report.calendar.id;
        report.clashes = self
            .agenda
            .clashes(calendar, cx.now, &zone, &self.holds(), name_of);
        cx.notice(Notice::Calendar);
        Ok(Reply::Import(report))
    }

    fn remove_calendar(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        self.agenda.remove_calendar(reference, cx)?;
        cx.notice(Notice::Calendar);
        Ok(Reply::Done)
    }

    fn set_preferences(
        &mut self,
        preferences: Preferences,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        preferences.check()?;
        cx.put(Store::Agents, PREFERENCES_KEY, &preferences);
        self.preferences = preferences.clone();
        self.sharing_changed(&ContactId::own());
        cx.notice(Notice::Preferences);
        cx.notice(Notice::Calendar);
        Ok(Reply::Preferences(preferences))
    }
}
