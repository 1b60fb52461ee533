//! What a password must be like (northbound contract, realm facts), and how it is changed.

use emt_api::filter::Expr;
use zeroize::Zeroizing;

use super::{
    Identity, IdentityError, OAuthError, SERVER,
    records::{DEVICE, SESSION, User},
};
use crate::store::{Batch, Change};

/// Fewest characters.
const LENGTH: usize = 14;
/// Most bytes: nobody types more.
const LONGEST: usize = 1024;

/// A password that is not good enough: code and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weak {
    /// Code.
    pub error: &'static str,
    /// Text.
    pub description: &'static str,
}

/// The first rule that a password breaks.
pub(super) fn check(password: &str) -> Result<(), Weak> {
    let has = |fits: fn(char) -> bool| password.chars().any(fits);
    let rules = [
        (
            has(|c| !c.is_alphanumeric()),
            "invalidPasswordMinSpecialCharsMessage",
            "Invalid password: must contain at least 1 special characters.",
        ),
        (
            has(char::is_uppercase),
            "invalidPasswordMinUpperCaseCharsMessage",
            "Invalid password: must contain at least 1 upper case characters.",
        ),
        (
            has(char::is_lowercase),
            "invalidPasswordMinLowerCaseCharsMessage",
            "Invalid password: must contain at least 1 lower case characters.",
        ),
        (
            has(|c| c.is_ascii_digit()),
            "invalidPasswordMinDigitsMessage",
            "Invalid password: must contain at least 1 numerical digits.",
        ),
        (password.chars().count() >= LENGTH, "invalidPasswordMinLengthMessage", "Invalid password: minimum length 14."),
        (password.len() <= LONGEST, "invalidPasswordMaxLengthMessage", "Invalid password: maximum length 1024."),
    ];
    match rules.into_iter().find(|(kept, ..)| !kept) {
        None => Ok(()),
        Some((_, error, description)) => Err(Weak { error, description }),
    }
}

/// Why somebody's own password is not changed.
#[derive(Debug)]
pub enum NotChanged {
    /// The name or the password is wrong, or the account is off.
    Refused(OAuthError),
    /// The new one is not good enough.
    Weak(Weak),
}

impl Identity {
    /// Somebody changes their own password. All their logins end, also those that do not know it yet.
    pub async fn change_password(
        &self,
        username: &str,
        password: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), NotChanged> {
        let failed = |error: IdentityError| NotChanged::Refused(error.into());
        let user = self.proven_user(username, password).await.map_err(NotChanged::Refused)?;
        check(&new).map_err(NotChanged::Weak)?;
        self.set_password(user, new, false).await.map_err(failed)
    }

    /// Gives a user a password that fits the rules. Logins that were made with the one before end.
    pub(super) async fn set_password(
        &self,
        mut user: User,
        password: Zeroizing<String>,
        temporary: bool,
    ) -> Result<(), IdentityError> {
        user.password = self.shared.passwords.hash(password, &self.shared.random).await?;
        user.temporary_password = temporary;
        let id = user.meta.id.clone();
        if self.commit_or_conflict(Self::without_logins(Batch::default().update(user), &id)).await? {
            return Err(super::projects::busy());
        }
        self.shared.passwords.forget_failures(&id);
        Ok(())
    }

    /// Adds the end of all logins of a user, and of devices that they have let in.
    pub(super) fn without_logins(batch: Batch, user: &str) -> Batch {
        let filter = Expr::is("user_uuid", user);
        let all = |spec| Change::DeleteWhere { spec, project: SERVER.to_owned(), filter: filter.clone() };
        batch.with(all(&SESSION)).with(all(&DEVICE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords() {
        for (password, expected) in [
            ("Passw0rd-for-1!", None),
            ("Pässw0rd-für-mich", None),
            ("Sh0rt!", Some("MinLength")),
            ("Password-for-one!", Some("MinDigits")),
            ("Passw0rdForOne11", Some("MinSpecial")),
            ("passw0rd-for-1!", Some("MinUpper")),
            ("PASSW0RD-FOR-1!", Some("MinLower")),
            ("short", Some("MinSpecial")),
            (&format!("Aa1-{}", "x".repeat(LONGEST)), Some("MaxLength")),
        ] {
            let found = check(password).err().map(|weak| weak.error);
            assert_eq!(found.is_some(), expected.is_some(), "{password}: {found:?}");
            assert!(expected.is_none_or(|expected| found.unwrap().contains(expected)), "{password}: {found:?}");
        }
    }
}
