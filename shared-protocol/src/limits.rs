//! Bounds that hold on both sides of the wire. A relay may set lower ones in
//! its configuration and says so in its `Welcome`.

/// Largest frame either side accepts, in bytes: a full payload and its header.
pub const MAX_FRAME_BYTES: usize = MAX_PAYLOAD_BYTES + 4 * 1024;

/// Largest payload of a post, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// Most devices in one account's device list.
pub const MAX_DEVICES: usize = 8;

/// Largest encoded device list, in bytes.
pub const MAX_DEVICE_LIST_BYTES: usize = 4 * 1024;

/// Most one-time prekeys of each kind that a relay keeps for one device.
pub const MAX_ONE_TIME_PREKEYS: usize = 100;

/// Most acknowledgements in one frame.
pub const MAX_ACKS: usize = 1024;

/// Longest `audience` in a hello, in bytes: a DNS name and a port.
pub const MAX_AUDIENCE_BYTES: usize = 262;
