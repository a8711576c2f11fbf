//! Asks every flag of the table, and its twin, of what one lane sees.

use super::{FILTERS, FilterLane, Saved};
use crate::decide::criteria::{By, Criteria, Subject, Verdict};

/// Asserts for every filter that lane `L` judges that some value tells those of `scene` apart and that the twin says
/// the opposite, and for every other that it is refused by name. `missing`: the flag that this scene cannot judge.
pub fn asks_every_flag<L: FilterLane>(
    scene: &[L::Of],
    look: <L::Of as Subject>::Look<'_>,
    missing: impl Fn(&Criteria<L::Of>) -> Option<&'static str>,
) {
    for filter in FILTERS {
        let [plain, twin] = [filter.flag.plain, filter.flag.twin];
        let Ok(judge) = L::of(filter) else {
            refuses::<L>(plain);
            refuses::<L>(twin);
            continue;
        };
        let judged = |flag: &'static str, value: &str| -> Option<Vec<Verdict>> {
            let criteria = super::criteria::<L>(&[(flag, value)]).ok()?;
            match missing(&criteria) {
                Some(named) => {
                    assert_eq!(named, flag);
                    None
                }
                None => Some(scene.iter().map(|one| criteria.judge(one, look)).collect()),
            }
        };
        let values = values(&judge.by, scene);
        let both = values
            .iter()
            .filter_map(|value| judged(plain, value).zip(judged(twin, value)));
        let both: Vec<_> = both.collect();
        let refused = both.is_empty() && filter.saved == Saved::WithStatements;
        assert!(
            refused || both.iter().any(tells_apart),
            "{} judges {plain}, and it is the same for all that the scene holds, or the twin is not the opposite: \
             {values:?}",
            L::WHO
        );
    }
}

/// Whether one is meant and one is not, and the twin means the others.
fn tells_apart((asked, excluded): &(Vec<Verdict>, Vec<Verdict>)) -> bool {
    let opposite = |pair| {
        matches!(
            pair,
            (Verdict::Yes, Verdict::No)
                | (Verdict::No, Verdict::Yes)
                | (Verdict::Unknown(_), Verdict::Unknown(_))
        )
    };
    let mut pairs = asked.iter().copied().zip(excluded.iter().copied());
    pairs.all(opposite) && asked.contains(&Verdict::Yes) && asked.contains(&Verdict::No)
}

/// Asserts that `flag` is an error that names lane and flag, whatever stands behind it.
pub fn refuses<L: FilterLane>(flag: &str) {
    for value in ["", "x", "7", "local"] {
        let error = super::criteria::<L>(&[(flag, value)]).err();
        let error = error.unwrap_or_default();
        let names = format!("{} cannot judge {flag}: {} ", L::WHO, L::DOES_NOT);
        assert!(error.starts_with(&names), "{flag} {value}: {error}");
    }
}

/// Values of every kind, those that occur in the scene among them.
fn values<S: Subject>(by: &By<S>, scene: &[S]) -> Vec<String> {
    let owned = |values: &[&str]| values.iter().map(ToString::to_string).collect();
    let shown = format!("{scene:?}");
    match by {
        By::Pid(_) => (1..200).map(|pid| pid.to_string()).collect(),
        // Every string that some field holds.
        By::Name(_) => shown.split('"').map(str::to_owned).collect(),
        By::Client(_) => owned(&["local", "10.0.0.1", "10.0.0.5", "10.0.0.0/8"]),
        By::State(_) => {
            let states = S::STATES.iter();
            states.map(|state| S::word(*state).to_owned()).collect()
        }
        By::Statement(_) => owned(&["VACUUM", "SELECT"]),
        By::Age(..) => owned(&["1s", "30s", "100s", "400s", "2000s"]),
        By::Switch(_) => owned(&[""]),
    }
}
