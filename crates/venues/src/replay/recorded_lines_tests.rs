use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn member(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn line(n: u64) -> String {
    let number = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{n} {{\"n\":{number}}}")
}

fn text(lines: std::ops::Range<u64>) -> String {
    lines.map(|n| line(n) + "\n").collect()
}

/// The lines of a file as its reader takes them: what is none is rejected.
fn read(file: &[u8]) -> (Vec<String>, u64, Unread) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gz");
    std::fs::write(&path, file).unwrap();
    let mut lines = RecordedLines::open(&path).unwrap();
    let (mut all, mut refused) = (Vec::new(), 0);
    while let Some(line) = lines.next_line().unwrap() {
        let text = String::from_utf8_lossy(line).into_owned();
        let is_line = text.split_once(' ').is_some_and(|(time, json)| {
            time.parse::<u64>().is_ok() && serde_json::from_str::<serde_json::Value>(json).is_ok()
        });
        if is_line {
            all.push(text);
        } else if !text.is_empty() {
            refused += 1;
            lines.reject_line().unwrap();
        }
    }
    (all, refused, lines.unread())
}

fn lines(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(line).collect()
}

#[test]
fn plain_and_packed_files_give_their_lines() {
    let all = text(0..9_000);
    for file in [all.clone().into_bytes(), member(&all)] {
        assert_eq!(read(&file), (lines(0..9_000), 0, Unread::default()));
    }
    assert_eq!(read(b"").0, Vec::<String>::new());
    assert_eq!(read(b"5 {}").0, ["5 {}"], "a last line without its end");
}

#[test]
fn a_line_may_go_on_in_the_next_member() {
    let all = text(0..9);
    let (one, two) = all.split_at(60);
    let file = [member(one), member(two)].concat();
    assert_eq!(read(&file), (lines(0..9), 0, Unread::default()));
}

#[test]
fn half_a_line_does_not_go_on_behind_a_hole() {
    let whole = member(&text(0..400));
    for hole in [0, 4096] {
        let cut = &whole[..whole.len() / 2];
        let file = [cut, &vec![0; hole], &member(&text(400..500))].concat();
        let (all, refused, unread) = read(&file);
        let before = all.len() as u64 - 100;
        assert!(before > 100 && refused <= 1);
        let expected = [lines(0..before), lines(400..500)].concat();
        assert_eq!(all, expected);
        assert_eq!(unread.breaks, 1);
        assert!(unread.bytes + 8 >= hole as u64);
    }
}

#[test]
fn what_stands_behind_damage_in_a_member_is_left_out_and_counted() {
    let mut damaged = member(&text(0..4_000));
    let at = damaged.len() / 2;
    damaged[at] ^= 0x55;
    damaged[at + 1] ^= 0x55;
    let file = [damaged, member(&text(4_000..4_100))].concat();
    let (all, refused, unread) = read(&file);
    let before = all.len() as u64 - 100;
    let written: std::collections::HashSet<String> = lines(0..4_000).into_iter().collect();
    // The damage is seen with the first line that is none: one before it may have other digits.
    let sound = all[..before as usize - 2].iter();
    assert!(sound.clone().all(|line| written.contains(line)));
    assert!((1_000..2_500).contains(&before), "{before}");
    assert_eq!(all[before as usize..], lines(4_000..4_100));
    assert!(refused <= 1 && unread.lines + unread.bytes > 0);
    assert_eq!(unread.breaks, 1);
}

#[test]
fn one_bad_line_of_a_sound_member_takes_nothing_else() {
    let file = member(&(text(0..50) + "nonsense\n" + &text(50..90)));
    assert_eq!(read(&file), (lines(0..90), 1, Unread::default()));
    // Nor does it where the recorder was killed.
    let (all, refused, _) = read(&file[..file.len() - 20]);
    assert!(
        all.len() > 70 && (1..=2).contains(&refused),
        "{}, {refused}",
        all.len()
    );
}

#[test]
fn blocks_of_nul_in_a_text_part_its_lines() {
    let nul = "\0".repeat(5_000);
    let plain = text(0..5) + &nul + &text(5..8) + "8 {\"n\":" + &nul + &text(9..12);
    let expected = [lines(0..8), lines(9..12)].concat();
    for file in [plain.clone().into_bytes(), member(&plain)] {
        let (all, refused, unread) = read(&file);
        assert_eq!((all, refused), (expected.clone(), 1));
        assert_eq!((unread.bytes, unread.lines), (10_000, 0));
    }
}

#[test]
fn a_packed_file_may_have_lost_its_beginning() {
    let file = [vec![0; 4096], member(&text(0..20))].concat();
    let (all, _, unread) = read(&file);
    assert_eq!((all, unread.bytes), (lines(0..20), 4096));
}

#[test]
fn an_older_file_that_was_written_over_gives_what_can_be_distinguished() {
    let old = member(&text(100..9_000));
    let new = member(&text(0..50));
    let behind = old.len() - new.len();
    let (all, _, unread) = read(&[new.as_slice(), &old[new.len()..]].concat());
    assert_eq!((all, unread.bytes), (lines(0..50), behind as u64));
}
