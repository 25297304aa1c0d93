//! What the devices of one person are called.

use sotto_client_core::api::{ApiErrorCode, Command};
use sotto_tests::World;

const ROBIN: usize = 1;

/// What one of a person's devices calls them, in their order.
fn names(world: &World, device: usize) -> Vec<String> {
    let own = world.devices(device).into_iter();
    own.map(|device| device.name).collect()
}

fn rename(device: &str, name: &str) -> Command {
    Command::RenameDevice {
        device: device.to_owned(),
        name: name.to_owned(),
    }
}

#[test]
fn a_device_is_called_what_the_user_likes() {
    let mut world = World::strangers();
    world.second_device(ROBIN);
    assert_eq!(names(&world, ROBIN)[0], "This device");
    assert!(names(&world, ROBIN)[1].starts_with("Device "));
    world.command(ROBIN, rename("this", " Laptop ")).unwrap();
    world.command(ROBIN, rename("device", "Phone")).unwrap();
    let long = world.command(ROBIN, rename("phone", &"x".repeat(201)));
    assert_eq!(long.unwrap_err().code, ApiErrorCode::ValueInvalid);
    world.restart(ROBIN);
    assert_eq!(names(&world, ROBIN), ["Laptop", "Phone"]);
    for (name, said) in [
        ("phone ", "Another of your devices is called “Phone”."),
        (
            "This device",
            "“This device” is what each device calls itself.",
        ),
    ] {
        let refused = world.command(ROBIN, rename("laptop", name)).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::ValueInvalid);
        assert_eq!(refused.message, said);
    }
    world.command(ROBIN, rename("laptop", "")).unwrap();
    assert_eq!(names(&world, ROBIN), ["This device", "Phone"]);
}

#[test]
fn each_device_knows_what_the_others_are_called() {
    let mut world = World::new(1, "2026-12-01T08:00:00Z");
    let desk = world.person_on("Robin", "Europe/Berlin", "Firefox on Linux");
    let phone = world.add_device(desk, true, "Phone");
    // Two may say the same of themselves, and neither is what each calls itself.
    let tablet = world.add_device(phone, false, "firefox on linux");
    let odd = world.add_device(desk, false, "This device");
    let all = world.devices(desk);
    let ends = |at: usize| all[at].id.get(..4).unwrap().to_owned();
    let tablet_s = format!("firefox on linux {}", ends(2));
    let odd_s = format!("This device {}", ends(3));
    let expected = ["Firefox on Linux", "Phone", &tablet_s, &odd_s];
    for person in [desk, phone] {
        assert_eq!(names(&world, person), expected);
    }
    // A device calls itself as its user said, and others otherwise.
    let firefox_s = format!("Firefox on Linux {}", ends(0));
    let own = [firefox_s.as_str(), "Phone", "firefox on linux"];
    assert_eq!(names(&world, tablet)[..3], own);
    assert_eq!(names(&world, odd)[..3], expected[..3]);
    // What the user says counts more.
    world
        .command(phone, rename("Firefox on Linux", "Desk"))
        .unwrap();
    world.restart(phone);
    assert_eq!(names(&world, phone)[0], "Desk");
    assert_eq!(names(&world, desk), expected);
}
