//! Which pictures of the learned field there are.

use scorefield::distribution::{Preset, Target};
use scorefield::engine::protocol::Command;
use scorefield::engine::settings::Settings;

use crate::driver::{lab_on, small, tell, until_frame};

/// While the whole ladder is shown, every rung gets its turns, again and again as the network learns, and the stage,
/// which nobody sees and whose level changes all the time, none.
#[test]
fn every_rung_of_a_ladder_on_show_is_renewed_while_a_descent_goes_on() {
    let settings = Settings {
        levels: 12,
        steps_per_level: 2,
        all_levels: true,
        ..small()
    };
    let ladder = settings.ladder(Preset::Rings.field().scale());
    let mut lab = lab_on(Target::Preset(Preset::Rings), settings);
    let (training, sampling) = (true, true);
    tell(&mut lab, vec![Command::Play { training, sampling }]);
    let mut shown: Vec<(f32, Vec<u64>)> = ladder.sigmas().map(|sigma| (sigma, Vec::new())).collect();
    until_frame(&mut lab, |frame| {
        for picture in &frame.pictures {
            let place = shown
                .iter_mut()
                .find(|(sigma, _)| sigma.to_bits() == picture.sigma.to_bits());
            let Some((_, steps)) = place else {
                panic!("nobody asked for {}", picture.sigma)
            };
            steps.push(picture.stamp.step);
        }
        shown.iter().all(|(_, steps)| steps.len() >= 2).then_some(())
    });
    for (sigma, steps) in shown {
        assert!(steps.windows(2).all(|pair| pair[1] > pair[0]), "{sigma}: {steps:?}");
    }
}

/// Where the stage could take all the time that there is for pictures, as its level changes all the time or its picture is
/// a large one, each tile of the strip gets its turns all the same: two while the stage has no more than its three a second.
#[test]
fn tiles_are_renewed_however_much_there_is_to_do_for_the_stage() {
    for (sigma, pinned) in [(0.5, false), (0.02, true)] {
        let settings = Settings {
            sigma,
            pinned,
            ..Settings::default()
        };
        let tiles = settings.ladder(Preset::Spirals.field().scale()).tiles();
        let mut lab = lab_on(Target::Preset(Preset::Spirals), settings);
        let (training, sampling) = (true, true);
        tell(&mut lab, vec![Command::Play { training, sampling }]);
        let (mut turns, mut of_stage) = (vec![0; tiles.len()], 0);
        until_frame(&mut lab, |frame| {
            for picture in &frame.pictures {
                // The curl is told of the stage only.
                let tile = tiles.iter().position(|tile| tile.to_bits() == picture.sigma.to_bits());
                match tile.filter(|_| picture.curl.is_none()) {
                    Some(tile) => turns[tile] += 1,
                    None => of_stage += 1,
                }
            }
            assert!(of_stage < 20, "{turns:?}");
            turns.iter().all(|turns| *turns >= 2).then_some(())
        });
    }
}
