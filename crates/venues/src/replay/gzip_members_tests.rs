use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn member(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// Text that does not pack to nothing.
fn text(seed: u64, lines: u64) -> Vec<u8> {
    let line = |n: u64| {
        let number = (seed + n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{} {{\"n\":{number}}}\n", 1_700_000_000_000_000_000 + n)
    };
    (0..lines).map(line).collect::<String>().into_bytes()
}

fn read(file: &[u8]) -> (Vec<u8>, Vec<Found>, u64) {
    let mut members = GzipMembers::new(file);
    let (mut all, mut found) = (Vec::new(), Vec::new());
    loop {
        match members.read(&mut all).unwrap() {
            Found::More => {}
            other => found.push(other),
        }
        if found.last() == Some(&Found::End) {
            return (all, found, members.unread());
        }
    }
}

#[test]
fn members_are_read_one_after_another() {
    // Each longer than the window of the file.
    let (one, two) = (text(1, 20_000), text(2, 3));
    let file = [member(&one), member(&two), member(b"")].concat();
    let (all, found, unread) = read(&file);
    assert_eq!(all, [one, two].concat());
    let sound = Found::Sound;
    assert_eq!(found, [sound, sound, sound, Found::End]);
    assert_eq!(unread, 0);
}

#[test]
fn headers_may_hold_a_name_and_more() {
    let mut packed = flate2::GzBuilder::new()
        .filename("btcusdt.gz")
        .comment("a comment")
        .extra(vec![7; 40])
        .mtime(1_723_075_200)
        .write(Vec::new(), Compression::best());
    packed.write_all(b"5 {}\n").unwrap();
    let file = packed.finish().unwrap();
    assert_eq!(read(&file).0, b"5 {}\n");
    assert!(begins_member(&file));
}

#[test]
fn bytes_behind_a_member_are_counted_and_passed_over() {
    let (one, two) = (text(1, 50), text(2, 50));
    for size in [1, 9, 500, 200_000] {
        let junk: Vec<u8> = (0..size).map(|n: usize| (n * 37 % 251) as u8 | 1).collect();
        let file = [member(&one), junk.clone(), member(&two), junk].concat();
        let (all, found, unread) = read(&file);
        assert_eq!(all, [one.clone(), two.clone()].concat());
        let (sound, gap) = (Found::Sound, Found::Gap);
        assert_eq!(found, [sound, gap, sound, gap, Found::End], "{size}");
        assert_eq!(unread, 2 * size as u64);
    }
}

#[test]
fn a_member_that_was_cut_is_read_to_the_cut_and_the_next_one_whole() {
    let (one, two) = (text(1, 5_000), text(2, 50));
    let whole = member(&one);
    for kept in [11, 300, whole.len() / 2, whole.len() - 9, whole.len() - 3] {
        let file = [&whole[..kept], &member(&two)].concat();
        let (all, found, unread) = read(&file);
        assert_eq!(found, [Found::Cut, Found::Sound, Found::End], "{kept}");
        let before = all.strip_suffix(two.as_slice()).unwrap();
        assert!(
            one.starts_with(before),
            "{kept}: text that was never written"
        );
        assert!(before.len() + 2_000 > one.len() * kept / whole.len());
        assert_eq!(unread, 0);
    }
}

#[test]
fn a_file_that_ends_early_is_read_to_its_end() {
    let one = text(1, 5_000);
    let whole = member(&one);
    let (all, found, _) = read(&whole[..whole.len() / 2]);
    assert!(one.starts_with(&all) && all.len() > one.len() / 3);
    assert_eq!(found, [Found::Cut, Found::End]);
}

#[test]
fn a_block_of_nul_cuts_a_member_exactly() {
    let (one, two) = (text(1, 5_000), text(2, 50));
    let whole = member(&one);
    for nul in [600, 4096, 100_000] {
        let file = [&whole[..whole.len() / 2], &vec![0; nul], &member(&two)].concat();
        let (all, found, unread) = read(&file);
        let before = all.strip_suffix(two.as_slice()).unwrap();
        assert!(one.starts_with(before) && before.len() > one.len() / 3);
        assert_eq!(found[0], Found::Cut);
        assert!(unread + 8 >= nul as u64 && unread <= nul as u64, "{unread}");
    }
    // Behind a whole member it takes nothing from it, though its last bytes are NUL as well.
    let file = [whole, vec![0; 4096], member(&two)].concat();
    let (all, found, unread) = read(&file);
    assert_eq!(all, [one, two].concat());
    assert_eq!(found, [Found::Sound, Found::Gap, Found::Sound, Found::End]);
    assert_eq!(unread, 4096);
}

#[test]
fn a_changed_byte_is_reported_as_damage() {
    let one = text(1, 50);
    let mut file = member(&one);
    let at = file.len() - 6;
    file[at] ^= 1;
    let (all, found, _) = read(&file);
    assert_eq!(
        (all, found),
        (one.clone(), vec![Found::Damaged, Found::End])
    );
    let mut file = member(&one);
    for byte in &mut file[100..200] {
        *byte = 0xff;
    }
    let (_, found, _) = read(&[file, member(&one)].concat());
    assert_eq!(found.first(), Some(&Found::Damaged));
    assert!(found.ends_with(&[Found::Sound, Found::End]), "{found:?}");
}

#[test]
fn what_looks_like_a_header_by_chance_begins_no_member() {
    let mut chance = vec![0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3];
    chance.extend([0xff; 200]);
    assert!(!begins_member(&chance));
    chance[8] = 77;
    assert!(!begins_member(&chance));
    assert!(begins_member(&member(b"5 {}\n")));
}
