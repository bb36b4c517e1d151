use super::super::tests::sampled;
use super::*;

fn layers(source: Source) -> Layers {
    Layers {
        source,
        heat: true,
        colour: Colour::Energy,
        contours: true,
        arrows: true,
        streamlines: true,
        denoiser: true,
        data: true,
        ..Layers::default()
    }
}

fn painted(rows_at_once: usize, source: Source) -> Vec<u8> {
    let field = sampled(1.5, 32, |[x, y]| (2.0 * (x * x + y * y), [-4.0 * x, -4.0 * y]));
    let mut painter = FieldPainter::new(Palette::new(true));
    let view = Viewport {
        centre: [0.0; 2],
        half_width: 1.45,
        pixels: 160.0,
    };
    painter.begin(Some(&field), &[0.1, 0.2, -0.5, 0.4], view, 1.0, layers(source));
    while !painter.advance(rows_at_once) {}
    painter.pixels().to_vec()
}

#[test]
fn a_picture_does_not_depend_on_how_it_was_sliced() {
    assert!(painted(7, Source::Exact) == painted(160, Source::Exact));
    assert!(painted(64, Source::Error) == painted(1, Source::Error));
}

#[test]
fn without_a_field_there_is_only_the_background() {
    let mut painter = FieldPainter::new(Palette::new(false));
    let view = Viewport {
        centre: [0.0; 2],
        half_width: 1.45,
        pixels: 40.0,
    };
    for colour in [Colour::Energy, Colour::Divergence, Colour::Curl] {
        let layers = Layers {
            colour,
            ..layers(Source::Exact)
        };
        painter.begin(None, &[], view, 1.0, layers);
        assert!(painter.advance(40) && painter.is_done());
        assert!(painter.pixels().iter().all(|&c| c >= 254), "{colour:?}");
    }
}

#[test]
fn a_place_where_the_score_converges_is_violet_and_one_where_it_parts_green() {
    // s = (k x, 0): its divergence is k everywhere; sigma is 0.2, so that k = 50 is the ramp's end.
    for (k, channel) in [(-50.0, 2), (50.0, 1)] {
        let field = sampled(1.5, 16, |[x, _]| (0.0, [k * x, 0.0]));
        let mut painter = FieldPainter::new(Palette::new(true));
        let view = Viewport {
            centre: [0.0; 2],
            half_width: 1.45,
            pixels: 20.0,
        };
        let layers = Layers {
            heat: true,
            colour: Colour::Divergence,
            contours: false,
            arrows: false,
            streamlines: false,
            denoiser: false,
            ..layers(Source::Learned)
        };
        painter.begin(Some(&field), &[], view, 1.0, layers);
        assert!(painter.advance(20));
        let brightest = |p: &[u8]| (0..3).max_by_key(|&c| p[c]);
        assert!(
            painter
                .pixels()
                .chunks(4)
                .skip(100)
                .take(200)
                .all(|p| brightest(p) == Some(channel))
        );
    }
}
