package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/BurntSushi/toml"

	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// config is what .becket.toml says.
type config struct {
	Rules string      `toml:"rules"` // the ruleset of who names none
	Check checkConfig `toml:"check"`
}

// checkConfig is its table [check].
type checkConfig struct {
	Silence []string            `toml:"silence"` // findings by name
	Flags   map[string][]string `toml:"flags"`   // findings of one flag
}

// defaultConfig is the configuration's name, where it need not be.
const defaultConfig = ".becket.toml"

// readConfig reads the configuration, if there is one. A name in it that nobody knows is a mistake.
func readConfig(path string) (c config, err error) {
	meta, err := decodeConfig(path, &c)
	if errors.Is(err, fs.ErrNotExist) && path == defaultConfig {
		return config{}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("there is no file %q", path)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fmt.Errorf("%s: unknown name %q", path, unknown[0].String())
	}
	return c, nil
}

func decodeConfig(path string, c *config) (toml.MetaData, error) {
	text, err := input.File(path)
	if err != nil {
		return toml.MetaData{}, err
	}
	return toml.Decode(string(text), c)
}
