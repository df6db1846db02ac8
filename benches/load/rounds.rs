//! Rounds of the same journeys, at the bridge and at the floor by turns: what each cost, and the ratio of both.

use reqwest::get;

use crate::program::Program;
use crate::visitors::{Journey, Outcome, Visitors};

/// A process that is visited, and those who visit it.
pub struct Place {
    pub name: &'static str,
    pub program: Program,
    pub visitors: Visitors,
}

/// The provider's process.
pub struct Provider {
    pub program: Program,
    pub issuer: String,
}

/// What one round cost, a journey each.
struct Cost {
    /// Microseconds on a processor.
    own: f64,
    /// The same, the provider's.
    provider: f64,
    outcome: Outcome,
}

impl Provider {
    /// How many codes it redeemed.
    pub async fn redeemed(&self) -> u64 {
        let answer = get(format!("{}/redeemed", self.issuer)).await.unwrap();
        answer.text().await.unwrap().parse().unwrap()
    }
}

/// The rounds of one kind of journey.
pub struct Rounds {
    pub journey: Journey,
    pub times: usize,
    pub number: u64,
    pub at_once: u64,
}

impl Rounds {
    /// Runs them all and prints the medians; whether everything went as it should.
    pub async fn run(&self, provider: &Provider, places: [&Place; 2]) -> bool {
        let mut costs = [Vec::new(), Vec::new()];
        let mut well = true;
        for _ in 0..self.times {
            for (place, costs) in places.iter().zip(&mut costs) {
                let before = provider.redeemed().await;
                let cost = self.one(provider, place).await;
                let redeemed = provider.redeemed().await - before;
                well &= self.is_well(place, &cost.outcome, redeemed);
                costs.push(cost);
            }
        }
        self.print(places, &costs);
        well
    }

    async fn one(&self, provider: &Provider, place: &Place) -> Cost {
        let processor = |program: &Program| program.processor_microseconds();
        let (own, others) = (processor(&place.program), processor(&provider.program));
        let outcome = place
            .visitors
            .go(self.journey, self.number, self.at_once)
            .await;
        let each = |spent: f64| spent / float(self.number);
        Cost {
            own: each(processor(&place.program) - own),
            provider: each(processor(&provider.program) - others),
            outcome,
        }
    }

    /// One code for each login, and none for whoever has a session or gives up. The session of rejoins may need one.
    fn is_well(&self, place: &Place, outcome: &Outcome, redeemed: u64) -> bool {
        for failure in outcome.failures.iter().take(3) {
            println!("{:?} at the {}: {failure}", self.journey, place.name);
        }
        let most = match self.journey {
            Journey::Login => self.number,
            Journey::Rejoin => 1,
            Journey::Abandoned => 0,
        };
        if redeemed > most {
            println!(
                "{:?}: the provider was asked {redeemed} times",
                self.journey
            );
        }
        outcome.failures.is_empty() && redeemed <= most
    }

    fn print(&self, places: [&Place; 2], costs: &[Vec<Cost>; 2]) {
        let [bridge, floor] = costs;
        for (place, costs) in places.iter().zip(costs) {
            let of = |figure: &dyn Fn(&Cost) -> f64| median(costs.iter().map(figure).collect());
            println!(
                "{:9} {:6}  {:7.1} µs CPU  provider {:6.1} µs  {:6.0}/s  p50 {:6.2} ms  p99 {:6.2} ms  {:6} kB",
                format!("{:?}", self.journey).to_lowercase(),
                place.name,
                of(&|cost| cost.own),
                of(&|cost| cost.provider),
                of(&|cost| float(self.number) / cost.outcome.took.as_secs_f64()),
                of(&|cost| cost.outcome.milliseconds(0.50)),
                of(&|cost| cost.outcome.milliseconds(0.99)),
                place.program.resident_kilobytes(),
            );
        }
        let pairs = || bridge.iter().zip(floor);
        let plain = pairs()
            .map(|(bridge, floor)| bridge.own / floor.own)
            .collect();
        // The provider does the same for both: by its cost, the machine's pace in each round is known.
        let drift = |bridge: &Cost, floor: &Cost| floor.provider / bridge.provider;
        let steady = pairs().map(|(bridge, floor)| bridge.own / floor.own * drift(bridge, floor));
        let ratio = match self.journey {
            Journey::Login => median(steady.collect()),
            Journey::Rejoin | Journey::Abandoned => median(plain),
        };
        println!(
            "{:9} ratio   {ratio:7.2}",
            format!("{:?}", self.journey).to_lowercase()
        );
    }
}

pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn float(count: u64) -> f64 {
    count as f64
}
