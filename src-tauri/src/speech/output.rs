//! The device that sound comes out of. It is opened on the thread that plays, and belongs to it.

use rodio::{
    DeviceSinkBuilder, MixerDeviceSink, Source,
    cpal::{
        self,
        traits::{DeviceTrait as _, HostTrait as _},
    },
};

pub struct Output(MixerDeviceSink);

impl Output {
    /// The system's usual device, else any other; `None` where there is none. `lost` is told once it is gone.
    pub fn open(lost: impl Fn() + Clone + Send + 'static) -> Option<Self> {
        let usual = cpal::default_host().default_output_device();
        let sink = usual.and_then(|device| open(device, &lost)).or_else(|| {
            let devices = cpal::default_host().output_devices().ok()?;
            let real = |device: &cpal::Device| {
                device.description().is_ok_and(|description| description.driver().is_some_and(|d| d != "null"))
            };
            devices.filter(real).find_map(|device| open(device, &lost))
        });
        sink.map(Self)
    }

    /// Channels that are worth filling, and the rate.
    pub fn rate(&self) -> std::num::NonZero<u32> {
        self.0.config().sample_rate()
    }

    pub fn play(&self, source: impl Source + Send + 'static) {
        self.0.mixer().add(source);
    }
}

const BUFFERS_A_SECOND: u32 = 12;

fn open(device: cpal::Device, lost: &(impl Fn() + Clone + Send + 'static)) -> Option<MixerDeviceSink> {
    let lost = lost.clone();
    let rate = device.default_output_config().ok()?.sample_rate();
    let builder = DeviceSinkBuilder::from_device(device).ok()?.with_error_callback(move |error: cpal::Error| {
        use cpal::ErrorKind as Kind;
        // It goes on by itself, or never mattered.
        if matches!(error.kind(), Kind::DeviceChanged | Kind::RealtimeDenied | Kind::Xrun) {
            return;
        }
        tracing::warn!("the sound device is lost: {error}");
        lost();
    });
    // Speech needs no quick answer, but a machine that is busy with something else must not tear it.
    let builder = builder.with_buffer_size(cpal::BufferSize::Fixed((rate / BUFFERS_A_SECOND).next_power_of_two()));
    let mut sink = builder
        .open_sink_or_fallback()
        .inspect_err(|error| tracing::info!("a sound device does not open: {error}"))
        .ok()?;
    sink.log_on_drop(false);
    Some(sink)
}
