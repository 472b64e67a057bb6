package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"

	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// trustedKeys is embedded in verbs that check signatures.
type trustedKeys struct {
	PublicKey     []string `short:"P" sep:"none" placeholder:"KEY" help:"A trusted public key: its 56 characters. Repeatable."`
	PublicKeyFile []string `short:"p" sep:"none" placeholder:"FILE" help:"The file of a trusted public key. Repeatable. By default, ${keyfile}."`
}

// texts returns the keys as [becket.WithPublicKey] takes them.
func (k *trustedKeys) texts(ctx context.Context) ([]string, error) {
	texts := k.PublicKey
	for _, file := range k.PublicKeyFile {
		text, err := input.File(ctx, file)
		if err != nil {
			return nil, fmt.Errorf("the public key: %w", err)
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// keys reads the keys.
func (k *trustedKeys) keys(ctx context.Context) (keys []minisign.PublicKey, err error) {
	texts, err := k.texts(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		var key minisign.PublicKey
		if key.UnmarshalText([]byte(strings.TrimSpace(text))) != nil {
			return nil, errors.New("this is not a minisign public key: 56 characters of base64, or a .pub file")
		}
		keys = append(keys, key)
	}
	return keys, nil
}
