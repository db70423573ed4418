//! The guard before a session: who calls, and whether that is who should.

use crate::aws::{AwsSettings, Pool};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::operator::ask_now;
use crate::cli::prepare::unanswered;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::{Ask, Choice, Question};
use crate::step::{Accepted, Doors, Refused};

/// The guard: the caller must be of the profile's account and region, before anything else is called.
pub(crate) fn guard(
    runtime: &tokio::runtime::Runtime,
    aws: Option<&AwsSettings>,
) -> Result<(Doors, Option<Accepted>), CommandError> {
    let Some(aws) = aws else { return Ok((Doors::none(), None)) };
    let doors = Doors::open(&Pool::new(), aws).map_err(refused)?;
    let accepted = runtime.block_on(doors.identify(&aws.account, &aws.region)).map_err(refused)?;
    Ok((doors, accepted))
}

/// The guard of those who only look, where the profile names a role for them: it, too, is of the profile's account.
pub(crate) fn guard_read_role(
    runtime: &tokio::runtime::Runtime,
    doors: &Doors,
    aws: Option<&AwsSettings>,
) -> Result<(), CommandError> {
    let Some(aws) = aws.filter(|_| doors.has_read_role()) else { return Ok(()) };
    runtime.block_on(doors.reading().identify(&aws.account, &aws.region)).map_err(refused)?;
    Ok(())
}

/// The guard of a verification: behind it is no door that writes.
pub(crate) async fn guard_reads(
    pool: &Pool,
    aws: Option<&AwsSettings>,
) -> Result<(Doors, Option<Accepted>), CommandError> {
    let Some(aws) = aws else { return Ok((Doors::none(), None)) };
    let doors = Doors::open(pool, aws).map_err(refused)?.reading();
    let accepted = doors.identify(&aws.account, &aws.region).await.map_err(refused)?;
    Ok((doors, accepted))
}

/// The guard, for who goes on with a run at a terminal: what has expired since is had again in another window meanwhile.
pub(crate) fn guard_patiently(
    runtime: &tokio::runtime::Runtime,
    aws: Option<&AwsSettings>,
    settings: &Settings,
    screen: &Screen,
) -> Result<(Doors, Option<Accepted>), CommandError> {
    let (Some(aws), Some(tty)) = (aws, screen.tty()) else { return guard(runtime, aws) };
    let doors = Doors::open(&Pool::new(), aws).map_err(refused)?;
    let title = "Log in in another window, then go on";
    let mut question = Question::new("login", Ask::LogIn, title, vec![Choice::Yes, Choice::Abort]);
    loop {
        let refusal = match runtime.block_on(doors.identify(&aws.account, &aws.region)) {
            Ok(accepted) => return Ok((doors, accepted)),
            Err(refusal) => refusal,
        };
        if !refusal.is_of_credentials() {
            return Err(refused(refusal));
        }
        if question.body.is_empty() {
            question.body = vec![refusal.message.clone(), aws.login_command()];
        } else {
            question.problem = Some(refusal.message.clone());
        }
        let answer = ask_now(screen.surface(), tty, &settings.user, &question).map_err(|none| unanswered(&none))?;
        if answer.choice != Choice::Yes {
            return Err(refused(refusal));
        }
        runtime.block_on(doors.refresh());
    }
}

pub(crate) fn refused(refusal: Refused) -> CommandError {
    let message = format!("refused by the {} guard: {}", refusal.guard, refusal.message);
    CommandError::new(ExitCode::Guarded, message).hint(refusal.remedy)
}
