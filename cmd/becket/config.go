package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/BurntSushi/toml"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// config is the content of .becket.toml.
type config struct {
	Rules      string             `toml:"rules"` // the ruleset if the command line names none
	Check      checkConfig        `toml:"check"`
	Population populationConfig   `toml:"population"`
	Attributes declare.Attributes `toml:"attributes"` // the attributes that subjects have
}

// populationConfig is the table [population]: the subjects to use when the command line describes
// none.
type populationConfig struct {
	File       string            `toml:"file"`
	Subjects   *int              `toml:"subjects"`
	Seed       *uint64           `toml:"seed"`
	Attributes map[string]string `toml:"attributes"` // spreads by name, as for --attr
}

// checkConfig is the table [check].
type checkConfig struct {
	Strict  bool                `toml:"strict"`  // warnings set the exit code too
	Silence []string            `toml:"silence"` // names of findings
	Flags   map[string][]string `toml:"flags"`   // names of findings, by flag
}

// defaultConfig is the configuration file that is read if it exists. Any other file must exist.
const defaultConfig = ".becket.toml"

// readConfig reads the configuration, if it exists. An unknown name in it is an error.
func readConfig(ctx context.Context, path string) (c config, err error) {
	meta, err := decodeConfig(ctx, path, &c)
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
	if err := c.Attributes.Validate(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func decodeConfig(ctx context.Context, path string, c *config) (toml.MetaData, error) {
	text, err := input.File(ctx, path)
	if err != nil {
		return toml.MetaData{}, err
	}
	return toml.Decode(string(text), c)
}
