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

// Bounds and defaults of polling.
const (
	minPollInterval     = time.Second
	defaultPollInterval = 30 * time.Second
)

// Option changes how a [Client] works. Options are checked by [New], all of them at once.
type Option func(*config)

// config is what options write. New checks it once; nothing changes it afterwards.
type config struct {
	source    Source
	format    Format
	interval  time.Duration
	clock     func() time.Time
	ownClock  bool         // the program gave the clock
	logger    *slog.Logger // nil: silent
	hooks     []Hooks
	private   []string
	keys      []minisign.PublicKey
	keyErrors []error

	identity             string // of the source
	formatName           string
	environment          string // "": any
	diskFolder           string // "" with disk set is a mistake
	disk                 bool
	openDisk             func(*config) disk.Store // nil: openDisk; tests put in another one
	bootstrap            []byte
	hasBootstrap         bool
	exposures            exposureConfig
	overrideFiles        []string
	overrides            *overrideFile // nil: none
	emptyAllowed         bool
	lowerRevisionAllowed bool
}

func newConfig(source Source, options []Option) (*config, error) {
	c := &config{source: source, format: Native, interval: defaultPollInterval, clock: time.Now, exposures: defaultExposures}
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
	return c, c.check()
}

// check tells every mistake, not only the first.
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
	mistake(c.interval < minPollInterval, "WithPollInterval: %v is below the least interval, %v", c.interval, minPollInterval)
	mistake(c.disk && c.diskFolder == "", "WithDiskCache: the folder has no name")
	mistake(c.hasBootstrap && len(c.bootstrap) == 0, "WithBootstrap: there are no bytes")
	c.exposures.check(mistake)
	errs = append(errs, c.keyErrors...)
	var err error
	if c.overrides, err = loadOverrides(c.overrideFiles); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// introduce asks the source and the format what they are. They may be a program's own, and nil
// pointers.
func (c *config) introduce() (err error) {
	whom := "source"
	defer func() {
		if cause := recover(); cause != nil {
			err = contractError("recovered a panic in the %s: %v", whom, cause)
		}
	}()
	if checker, ok := c.source.(Checker); ok {
		err = checker.Check()
	}
	if c.source != nil {
		c.identity = c.source.Identity()
	}
	whom = "format"
	if c.format != nil {
		c.formatName = c.format.Name()
	}
	return err
}

// WithPollInterval sets how often the source is asked, one second at least; each wait is jittered.
// After a failure the next fetch comes within three seconds, and further ones at growing waits,
// never longer than 1.5 intervals. By default, 30 seconds.
func WithPollInterval(interval time.Duration) Option {
	return func(c *config) { c.interval = interval }
}

// WithDiskCache keeps a copy of the last accepted document in a folder, which is made with
// permissions 0700 if it is not there. The next start serves it until the source answers. Several
// clients and processes may share a folder. One that is a symbolic link, that others can write to,
// or that belongs to another user (root aside) is not used, and Status.DiskError says why; Windows
// is not asked for permissions. By default, there is no copy.
func WithDiskCache(folder string) Option {
	return func(c *config) { c.disk, c.diskFolder = true, folder }
}

// WithBootstrap gives the document that the program was built with. It is served where there is
// neither an answer of the source nor a disk copy of its revision or a higher one. It counts as
// part of the program: it needs no signature, and it is stale at once for flags with max_age. By
// default, there is none, and callers get their defaults.
func WithBootstrap(document []byte) Option {
	return func(c *config) { c.bootstrap, c.hasBootstrap = document, true }
}

// WithFormat sets the format of the documents, bootstrap included. By default, [Native].
func WithFormat(format Format) Option {
	return func(c *config) { c.format = format }
}

// WithEnvironment refuses documents that do not name this environment, wherever they come from. By
// default, and with "", every environment will do.
func WithEnvironment(name string) Option {
	return func(c *config) { c.environment = name }
}

// WithLogger sets where the client logs: what was published, what changed, and what failed. Failures
// take one line per cause and minute at most; lines about a document are bounded in number alone.
// Nothing is logged per evaluation. By default, and with nil, it is silent.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

// WithHooks adds functions to call. It may be given several times; all hooks are called, in that
// order. By default, there are none.
func WithHooks(hooks Hooks) Option {
	return func(c *config) { c.hooks = append(c.hooks, hooks) }
}

// WithPrivateAttributes names attributes whose values leave the client nowhere: hooks, exposures,
// logs and explanations show *** in their place. The name of a map hides everything in it, and
// "key" the targeting key. By default, no attribute is private.
func WithPrivateAttributes(names ...string) Option {
	return func(c *config) { c.private = append(c.private, names...) }
}

// WithPublicKey refuses documents that none of these minisign keys signed. A key is the text of a
// .pub file or its second line. Several keys serve for rotation; the option may be given several
// times. The signature is fetched from the document's address with .minisig behind its path, unless
// the source knows better, and checked again when the disk copy is read; the first fetch after that
// is unconditional. A signature does not say for which program a document is: see [WithEnvironment]
// where one key serves two. By default, signatures are neither fetched nor checked.
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

// WithClock sets the clock for schedules, time stamps and ages. When to ask the source is measured
// by the runtime's own monotonic clock, so that a clock that jumps stops nothing. It must be safe
// for concurrent use, must not block, and must not evaluate flags. A panic in it is recovered,
// counted and reported as one in a hook is, and time.Now stands in. By default, time.Now.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.clock, c.ownClock = now, true }
}

// WithEmptyAllowed accepts a document without flags while the ruleset in use has some. By default,
// it is refused: an empty file must not switch everything off.
func WithEmptyAllowed() Option {
	return func(c *config) { c.emptyAllowed = true }
}

// WithLowerRevisionAllowed accepts a document whose revision is below that of the one before. By
// default, it is refused: caches and replays must not turn time back.
func WithLowerRevisionAllowed() Option {
	return func(c *config) { c.lowerRevisionAllowed = true }
}

// WithExposures tells a sink which subject was given which variant, for the evaluations that a
// flag's "track" selects: by default those that a percentage, ramp, layer or split had a part in.
// Evaluations that serve the caller's default, overrides, [View.All] and [Client.Explain] give
// none. Of one subject, flag and variant only the first evaluation within a window is told;
// subjects without a key count as one. A sink that is slow, hangs or fails delays no evaluation:
// what finds the queue full is dropped, and counted in [Status], where sent + dropped + duplicates
// + queued = produced. By default, there is no sink and evaluations pay nothing for it.
func WithExposures(sink Sink) Option {
	return func(c *config) { c.exposures.sink, c.exposures.times = sink, c.exposures.times+1 }
}

// WithOverrides lets a file on this machine decide flags, for development: {"new-checkout": true,
// "theme": "dark"}. A text names one of the flag's variants or is, for a string flag, the value
// itself; everything else is the value. Flags that the ruleset does not have are served too, and
// everything works before there is a ruleset. Overridden answers have the reason OVERRIDE and give
// no exposures; flags that require or ask about an overridden flag see what the ruleset says of it.
// The file is read by New, which refuses one that is missing or wrong, and again with every
// refresh, where a wrong one changes nothing and is told to OnError. It is logged as a warning and
// shown in [Status]. By default, and with "", there are no overrides, so that an environment
// variable may name the file: WithOverrides(os.Getenv("BECKET_OVERRIDES")).
func WithOverrides(file string) Option {
	return func(c *config) {
		if file != "" {
			c.overrideFiles = append(c.overrideFiles, file)
		}
	}
}

// parsePublicKey reads the text of a .pub file or the key alone. The key is public, but what was
// given by mistake in its place may not be, so it is not quoted.
func parsePublicKey(text string) (minisign.PublicKey, error) {
	var key minisign.PublicKey
	if err := key.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return key, errors.New("becket: WithPublicKey: this is not a minisign public key: 56 characters of base64, or the text of a .pub file")
	}
	return key, nil
}

// WithExposureWindow sets for how long an exposure of the same unit, flag, behaviour of the flag,
// rule and variant is not delivered again, to a second, and how many exposures are remembered for
// that, at about 130 bytes each. A window of 0 delivers every evaluation. Beyond the number, the
// exposure not seen for longest is forgotten, and delivered again when it comes back. By default, one
// hour and 65,536, which is also the number for one below 1.
func WithExposureWindow(window time.Duration, remembered int) Option {
	return func(c *config) {
		c.exposures.window = window
		if remembered > 0 {
			c.exposures.memory = remembered
		}
	}
}

// WithExposureQueue sets how many exposures may wait, those that the sink is busy with included. At
// least 1. Their memory is bounded with it, to 4 KiB for each on the average and never below 1 MiB:
// subjects with large attributes fill the queue sooner. By default, 10,000, and so 40 MB.
func WithExposureQueue(exposures int) Option {
	return func(c *config) { c.exposures.queue = exposures }
}

// WithExposureBatch sets how many exposures the sink gets at once, at most, and how long one waits
// for others to come, at most. At least 1, and above 0; a batch is never larger than the queue. By
// default, 500 and five seconds.
func WithExposureBatch(exposures int, wait time.Duration) Option {
	return func(c *config) { c.exposures.batch, c.exposures.every = exposures, wait }
}
