use super::*;
use crate::decide::diagnosis::diagnose;
use crate::decide::proposal::{Given, propose};
use crate::decide::survey::testing::{
    idle, locked_out, on_database_host, over_replication, queue, starting, with,
};
use crate::decide::survey::{Refused, Standing, Survey, WayIn};
use crate::decide::testing::active;
use crate::report::palette::Palette;
use crate::report::survey::survey as ways;

fn screen() -> Screen {
    Screen {
        width: Some(80),
        palette: Palette { on: false },
        ..Screen::plain()
    }
}

fn shown(survey: &Survey) -> String {
    let given = Given {
        may_fence: true,
        ..Given::default()
    };
    let chosen = propose(survey, &diagnose(survey, 0), &given);
    let commands: Vec<String> = match &chosen.next {
        Next::Step(proposed) => proposed
            .step
            .commands()
            .iter()
            .map(|words| format!("breakglass {}", words.join(" ")))
            .collect(),
        Next::Statements(statements) => {
            vec![format!("breakglass {}", statements.command.join(" "))]
        }
        _ => Vec::new(),
    };
    let view = ProposalView {
        proposal: &chosen,
        snapshot: survey.snapshot.as_ref(),
        commands: &commands,
    };
    proposal(&view, screen())
}

#[test]
fn a_step_is_said_with_its_gain_and_the_commands_that_do_the_same() {
    let full = |sessions| over_replication(&[Refused::EverySlot], sessions);
    let table = [
        (
            full(with(queue(12), idle(7))),
            "\
next      end session 50 of web: 12 wait for it and go on (lane replication)
gain      1 slot at once, and those of 12 others as their statements finish, if
          nobody connects again meanwhile
same as   breakglass terminate --pid 50 --blocking
",
        ),
        (
            full(idle(20)),
            "\
next      end the least harmful sessions of web until 3 ordinary slots are free
          (lane replication)
gain      6 slots; 3 are then free for ordinary roles, if nobody connects again
          meanwhile
same as   breakglass free 3 --app web
",
        ),
        (
            full(with(idle(2), (2..20).map(|pid| active(pid, 5)).collect())),
            "\
next      end the least harmful sessions until 3 ordinary slots are free (lane
          replication)
gain      2 slots; the reserves fill first and take all of them, so ordinary
          roles get none yet, if nobody connects again meanwhile
same as   breakglass free 3
",
        ),
        (
            on_database_host(
                locked_out(&[Refused::EverySlot], &[Refused::Walsenders]),
                with((2..14).map(|pid| starting(pid, 40)).collect(), idle(8)),
            ),
            "\
next      end 12 logins that are not through (lane backends)
gain      up to 12 slots; how many are for ordinary roles is not known from
          here, if nobody connects again meanwhile
same as   breakglass backends terminate --cluster 5432 --state starting \\
            --limit 12
",
        ),
        (
            locked_out(&[Refused::EverySlot], &[Refused::Walsenders]),
            "\
next      nothing that may be ended can be reached from here; go on at the
          database host ('breakglass backends') or an application's host
          ('breakglass workers', 'breakglass sockets')
",
        ),
        (
            full((2..22).map(|pid| active(pid, 5)).collect()),
            "\
next      20 sessions that run a statement are what may be ended: rescue ends
          none of those, a person may (lane replication)
by hand   breakglass free 3 --active
not       free: nobody who does not run a statement may be ended
",
        ),
        (
            full(idle(4)),
            "\
next      nothing that may be ended can be reached from here; go on at the
          database host ('breakglass backends') or an application's host
          ('breakglass workers', 'breakglass sockets')
not       end-starting: no view shows half-finished logins before PostgreSQL 18;
          on the database host 'breakglass backends' does
not       free: by the view enough slots are free already; what takes them is
          not in it
",
        ),
    ];
    for (survey, wanted) in table {
        assert_eq!(shown(&survey), wanted);
    }
}

#[test]
fn the_ways_in_are_a_line_each_and_hostile_words_do_nothing() {
    let mut survey = over_replication(&[Refused::EverySlot], idle(20));
    survey.sights[0].what = "every connection slot is taken, those reserved for superusers included [53300 InitProcess], 5 times".to_owned();
    survey.sights[1].what = "role breakglass sees everybody\u{1b}[2J\nFAKE".to_owned();
    survey.sights.push(crate::decide::survey::Sight::new(
        WayIn::Workers,
        Standing::NotHere,
        "no process of this host holds a TCP connection to the target",
        std::time::Duration::ZERO,
    ));
    let wanted = "\
login        closed: every connection slot is taken, those reserved for
             superusers included [53300 InitProcess], 5 times
replication  open: role breakglass sees everybody\\x1b[2J FAKE
workers      not here: no process of this host holds a TCP connection to the
             target
";
    assert_eq!(ways(&survey, screen()), wanted);
}
