package becket

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"aead.dev/minisign"

	"github.com/becketflags/becket/internal/disk"
)

// The least and the default poll interval.
const (
	minPollInterval     = time.Second
	defaultPollInterval = 30 * time.Second
)

// Option changes how a [Client] works. [New] checks all options and reports all mistakes at once.
type Option func(*config)

// config holds the options. New checks it once. Nothing changes it after New has returned.
type config struct {
	source    Source
	format    Format
	interval  time.Duration
	clock     func() time.Time
	ownClock  bool         // the clock comes from WithClock
	logger    *slog.Logger // nil for slog.Default()
	hooks     []Hooks
	private   []string
	keys      []minisign.PublicKey
	keyErrors []error

	identity             string // the source's identity
	formatName           string
	environment          string // "" for any environment
	diskFolder           string // must not be "" if disk is set
	disk                 bool
	openDisk             func(*config) disk.Store // used by tests; nil for the function openDisk
	bootstrap            []byte
	hasBootstrap         bool
	exposures            exposureConfig
	overrideFiles        []string
	overrides            *overrideFile // nil if there are no overrides
	emptyAllowed         bool
	lowerRevisionAllowed bool
	signals              []Signal // the source is the last one if it is a Signal
	signalNames          []string
	spread               time.Duration
}

func newConfig(source Source, options []Option) (*config, error) {
	c := &config{
		source: source, format: Native, interval: defaultPollInterval, clock: time.Now, exposures: defaultExposures,
		spread: defaultSignalSpread,
	}
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
	return c, c.check()
}

// check returns an error that joins all mistakes.
func (c *config) check() error {
	var errs []error
	mistake := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf("becket: "+format, args...))
		}
	}
	mistake(c.source == nil, "there is no source")
	mistake(c.format == nil, "WithFormat: the format is nil")
	errs = append(errs, c.introduce())
	mistake(c.clock == nil, "WithClock: the clock is nil")
	mistake(c.interval < minPollInterval, "WithPollInterval: %v is below the least interval, %v",
		c.interval, minPollInterval)
	mistake(c.disk && c.diskFolder == "", "WithDiskCache: the folder has no name")
	mistake(c.hasBootstrap && len(c.bootstrap) == 0, "WithBootstrap: there are no bytes")
	c.exposures.check(mistake)
	errs = append(errs, c.keyErrors...)
	errs = append(errs, c.checkSignals()...)
	var err error
	if c.overrides, err = loadOverrides(c.overrideFiles); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// introduce reads the names of the source and the format. It recovers panics, because they may be
// code of the program, or nil pointers.
func (c *config) introduce() (err error) {
	part := "source"
	defer func() {
		if cause := recover(); cause != nil {
			err = contractError("recovered a panic in the %s: %v", part, cause)
		}
	}()
	if checker, ok := c.source.(Checker); ok {
		err = checker.Check()
	}
	if c.source != nil {
		c.identity = c.source.Identity()
	}
	part = "signal"
	if s, ok := c.source.(Signal); ok {
		c.signals = append(c.signals, s)
	}
	for _, s := range c.signals {
		if s != nil {
			c.signalNames = append(c.signalNames, signalName(s))
		}
	}
	part = "format"
	if c.format != nil {
		c.formatName = c.format.Name()
	}
	return err
}

// WithPollInterval sets the time between two fetches, at least one second; each wait is jittered.
// After a failure the next fetch begins within three seconds; if failures go on, the waits grow,
// but are never longer than 1.5 intervals, unless the server asks for a longer wait by Retry-After.
// A wait that it asks for is kept up to an hour. By default, the interval is 30 seconds.
func WithPollInterval(interval time.Duration) Option {
	return func(c *config) { c.interval = interval }
}

// WithDiskCache keeps a copy of the last accepted document in a folder, which is created with
// permissions 0700 if it does not exist. The next start serves the copy until the source answers.
// Several clients and processes may share a folder. A folder is not used, and Status.DiskError says
// why, if it is a symbolic link, if other users can write to it, or if it belongs to another user
// than this one or root; on Windows, permissions are not checked. By default, there is no copy.
func WithDiskCache(folder string) Option {
	return func(c *config) { c.disk, c.diskFolder = true, folder }
}

// WithBootstrap sets a document that is built into the program. It is served until the source
// answers, unless there is a disk copy with the same or a higher revision. A document of a lower
// revision does not replace it, unless [WithLowerRevisionAllowed] is given. It counts as part of
// the program, so it needs no signature. For flags with max_age it counts as stale from the start.
// [New] returns an error if the bootstrap cannot be decoded. By default, there is no bootstrap, and
// callers get their defaults until there is a ruleset.
func WithBootstrap(document []byte) Option {
	return func(c *config) { c.bootstrap, c.hasBootstrap = document, true }
}

// WithFormat sets the format of the documents, including the bootstrap. By default, the format is
// [Native].
func WithFormat(format Format) Option {
	return func(c *config) { c.format = format }
}

// WithEnvironment makes the client refuse documents that do not name this environment, from the
// source, the disk or the bootstrap. By default, and with "", every environment is accepted.
func WithEnvironment(name string) Option {
	return func(c *config) { c.environment = name }
}

// WithLogger sets the client's logger. The client logs the ruleset that it starts with, every
// publication with its changes, and failures: refreshes, disk copies, invalid flags, overrides,
// lost exposures, and panics of the program's functions. It logs no single evaluation; checks that
// cannot get their flag's value are logged once an hour for each flag and type. The same failure is
// logged at most once a minute. slog.New(slog.DiscardHandler) silences the client. By default, and
// with nil, the client logs to slog.Default().
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

// WithHooks adds hooks. It may be given several times; all hooks are called, in the order of the
// options. By default, there are no hooks.
func WithHooks(hooks Hooks) Option {
	return func(c *config) { c.hooks = append(c.hooks, hooks) }
}

// WithPrivateAttributes names attributes whose values must not leave the client: hooks, exposures,
// logs and explanations contain *** instead. The name of a map hides everything in it, and "key"
// hides the targeting key. By default, no attribute is private.
func WithPrivateAttributes(names ...string) Option {
	return func(c *config) { c.private = append(c.private, names...) }
}

// WithPublicKey makes the client refuse documents that are not signed with one of these minisign
// keys. A key is the text of a .pub file or its second line. Several keys are useful for rotation;
// the option may be given several times. The signature is fetched from the document's URL with
// .minisig appended to the path, unless the source has another way. It is checked again when the
// disk copy is read, and the first fetch after that is unconditional. A signature does not say
// which program a document is for: use [WithEnvironment] if one key signs documents for several
// programs. By default, signatures are neither fetched nor checked.
func WithPublicKey(keys ...string) Option {
	return func(c *config) {
		if len(keys) == 0 {
			c.keyErrors = append(c.keyErrors, errors.New("becket: WithPublicKey: there is no key"))
		}
		for _, text := range keys {
			key, err := parsePublicKey(text)
			if err != nil {
				c.keyErrors = append(c.keyErrors, err)
				continue
			}
			c.keys = append(c.keys, key)
		}
	}
}

// WithClock sets the clock for flags that depend on time, and for time stamps and ages, including
// the ones in metrics and in OpenFeature's events. Polling, time limits and the windows of
// exposures use the runtime's monotonic clock instead, so that a clock that jumps does not stop
// them. The function must be safe for concurrent use, must not block, and must not evaluate flags.
// If it panics, the panic is counted and reported like one in a hook, and time.Now is used instead.
// By default, the clock is time.Now.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.clock, c.ownClock = now, true }
}

// WithEmptyAllowed makes the client accept a document without flags when the ruleset in use has
// some. By default, such a document is refused, so that an empty file does not switch everything
// off.
func WithEmptyAllowed() Option {
	return func(c *config) { c.emptyAllowed = true }
}

// WithLowerRevisionAllowed makes the client accept a document from the source whose revision is
// lower than the revision of a document that the client has had from the source, the disk or the
// bootstrap. At the start, the higher revision of disk copy and bootstrap is still served. By
// default, such a document is refused, so that a stale cache or a replay does not bring back an old
// ruleset.
func WithLowerRevisionAllowed() Option {
	return func(c *config) { c.lowerRevisionAllowed = true }
}

// WithExposures sends exposures to a sink: which subject was served which variant.
//   - An evaluation counts as an exposure if the flag's "track" selects it. Without "track",
//     evaluations count in which a percentage, ramp, layer or split was evaluated.
//   - These never count: evaluations that serve the caller's default or an override, [View.All],
//     and [Client.Explain].
//   - For the same subject, flag and variant, only the first evaluation within a window is
//     delivered; see [WithExposureWindow]. All subjects without a key count as one subject.
//   - A sink that is slow, hangs or fails delays no evaluation. If the queue is full, exposures are
//     dropped. [Status] counts them: sent + dropped + duplicates + queued = produced.
//
// By default, there is no sink, and evaluations cost nothing extra.
func WithExposures(sink Sink) Option {
	return func(c *config) { c.exposures.sink, c.exposures.times = sink, c.exposures.times+1 }
}

// WithOverrides overrides flags with the values of a file on this machine, for development:
// {"new-checkout": true, "theme": "dark"}. A text is the name of one of the flag's variants or, for
// a string flag, may also be the value itself; any other JSON is the value itself. The file may
// contain flags that the ruleset does not have, and it has an effect even before there is a
// ruleset. The variants of such flags are not known: a text is the value itself for a string check,
// and "on" and "off" are true and false for a boolean check. Any other check of a text returns the
// caller's default. Overridden evaluations have the reason OVERRIDE and make no exposures.
// Requirements and conditions of other flags that refer to an overridden flag still use the
// ruleset's value.
//
// New reads the file, of at most 1 MiB, and returns an error if it is missing or invalid. Every
// refresh reads it again. If it is missing or invalid then, the overrides stay and OnError
// receives the error; {} ends them. Overrides are logged as a warning and shown in [Status]. By
// default, and with "", there are no overrides, so an environment variable can name the file:
// WithOverrides(os.Getenv("BECKET_OVERRIDES")).
func WithOverrides(file string) Option {
	return func(c *config) {
		if file != "" {
			c.overrideFiles = append(c.overrideFiles, file)
		}
	}
}

// parsePublicKey reads the text of a .pub file, or the key alone. The error does not quote the
// text, because it may be a secret key that was passed by mistake.
func parsePublicKey(text string) (minisign.PublicKey, error) {
	var key minisign.PublicKey
	if err := key.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return key, errors.New("becket: WithPublicKey: this is not a minisign public key: " +
			"56 characters of base64, or the text of a .pub file")
	}
	return key, nil
}

// WithExposureWindow sets the window in which an exposure with the same unit, flag, behaviour of
// the flag, rule, reason and variant is not delivered again, with a precision of one second. A
// window of 0 delivers every evaluation. remembered is the number of exposures that are remembered
// for this, at about 130 bytes each. If there are more, the exposure that did not occur for the
// longest time is forgotten, and is delivered again when it occurs again. By default, the window is
// one hour and the number 65,536, which is also used for a number below 1.
func WithExposureWindow(window time.Duration, remembered int) Option {
	return func(c *config) {
		c.exposures.window = window
		if remembered > 0 {
			c.exposures.memory = remembered
		}
	}
}

// WithExposureQueue sets how many exposures may wait, including the ones that are being delivered;
// at least 1. It also limits their memory to 4 KiB for each on average, or 1 MiB if that is more,
// so subjects with large attributes fill the queue sooner. By default, the number is 10,000, and
// the memory is therefore limited to 40 MB.
func WithExposureQueue(exposures int) Option {
	return func(c *config) { c.exposures.queue = exposures }
}

// WithExposureBatch sets the greatest number of exposures in one call of the sink, at least 1, and
// the longest time that an exposure waits for the batch to fill, above 0. A batch is never larger
// than the queue. By default, the number is 500 and the time is five seconds.
func WithExposureBatch(exposures int, wait time.Duration) Option {
	return func(c *config) { c.exposures.batch, c.exposures.every = exposures, wait }
}
