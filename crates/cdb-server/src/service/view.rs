//! What a principal is shown of an object.

use cdb_types::{DeviceInfo, Schema, StreamInfo, UserInfo};

use crate::permissions::{Field, Grant};
use crate::storage::{Device, Stream, User};

impl User {
    /// Only what may be read. A password is never among it.
    pub(super) fn view(&self, grant: &Grant) -> UserInfo {
        self.info(|field| grant.reads(field))
    }

    /// What is chosen of it.
    pub(crate) fn info(&self, shows: impl Fn(Field) -> bool) -> UserInfo {
        let text = |field, text: &String| shows(field).then(|| text.clone());
        let mut info = UserInfo::default();
        info.name = text(Field::UserName, &self.name);
        info.nickname = text(Field::UserNickname, &self.nickname);
        info.email = text(Field::UserEmail, &self.email);
        info.description = text(Field::UserDescription, &self.description);
        info.icon = text(Field::UserIcon, &self.icon);
        info.role = text(Field::UserRole, &self.role);
        info.public = shows(Field::UserPublic).then_some(self.public);
        info
    }
}

impl Device {
    /// Only what may be read.
    pub(super) fn view(&self, grant: &Grant) -> DeviceInfo {
        self.info(|field| grant.reads(field))
    }

    /// What is chosen of it.
    pub(crate) fn info(&self, shows: impl Fn(Field) -> bool) -> DeviceInfo {
        let text = |field, text: &String| shows(field).then(|| text.clone());
        let flag = |field, flag: bool| shows(field).then_some(flag);
        let mut info = DeviceInfo::default();
        info.name = text(Field::DeviceName, &self.name);
        info.nickname = text(Field::DeviceNickname, &self.nickname);
        info.description = text(Field::DeviceDescription, &self.description);
        info.icon = text(Field::DeviceIcon, &self.icon);
        info.apikey = shows(Field::DeviceApikey).then(|| self.apikey.clone());
        info.enabled = flag(Field::DeviceEnabled, self.enabled);
        info.public = flag(Field::DevicePublic, self.public);
        info.role = text(Field::DeviceRole, &self.role);
        info.visible = flag(Field::DeviceVisible, self.visible);
        info.user_editable = flag(Field::DeviceUserEditable, self.user_editable);
        info
    }

    /// All fields, empty where they may not be read: so an update answers.
    pub(super) fn full_view(&self, grant: &Grant) -> DeviceInfo {
        let mut info = self.view(grant);
        info.name.get_or_insert_default();
        info.nickname.get_or_insert_default();
        info.description.get_or_insert_default();
        info.icon.get_or_insert_default();
        info.apikey.get_or_insert_with(|| "".into());
        info.enabled.get_or_insert_default();
        info.public.get_or_insert_default();
        info.role.get_or_insert_default();
        info.visible.get_or_insert_default();
        info.user_editable.get_or_insert_default();
        info
    }
}

impl Stream {
    /// Who sees a stream sees all of it.
    pub(crate) fn view(&self) -> StreamInfo {
        let mut info = StreamInfo::default();
        info.name.clone_from(&self.name);
        info.nickname.clone_from(&self.nickname);
        info.description.clone_from(&self.description);
        info.icon.clone_from(&self.icon);
        info.schema = Schema::unchecked(&self.schema);
        info.datatype.clone_from(&self.datatype);
        info.ephemeral = self.ephemeral;
        info.downlink = self.downlink;
        info.keep = self.keep;
        info
    }
}
