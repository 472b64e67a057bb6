package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aead.dev/minisign"

	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// keygenVerb makes a key pair.
type keygenVerb struct {
	SecretKey string `short:"s" default:"becket.key" placeholder:"FILE" help:"The file for the secret key, readable only by its owner. By default, ${default}."`
	PublicKey string `short:"p" default:"becket.pub" placeholder:"FILE" help:"The file for the public key. By default, ${default}."`
	Force     bool   `short:"f" help:"Replace existing files."`
	passwordFlags
	Unencrypted bool `short:"W" help:"Do not encrypt the secret key."`
}

// passwordFlags name the source of a secret key's password.
type passwordFlags struct {
	PasswordFile string `placeholder:"FILE" help:"Read the secret key's password from the first line of this file. By default, ask for it."`
}

// Run writes both files or none.
func (v *keygenVerb) Run(e *env) error {
	files := keyFiles{secret: v.SecretKey, public: v.PublicKey, rename: os.Rename}
	if err := files.check(v.Force); err != nil {
		return err
	}
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		return err
	}
	secret, err := v.encode(e, private)
	if err != nil {
		return err
	}
	text, err := public.MarshalText()
	if err != nil {
		return err
	}
	write := files.create
	if v.Force {
		write = files.replace
	}
	if err := e.writing(func() error { return write(secret, text) }); err != nil {
		return err
	}
	names := []string{filepath.ToSlash(v.SecretKey), filepath.ToSlash(v.PublicKey)}
	if e.options.JSON {
		return report.Indented(e.stdout,
			map[string]string{"secret_key": names[0], "public_key": names[1], "key": public.String()})
	}
	fmt.Fprintf(e.stdout, "wrote the secret key to %s and the public key to %s:\n%s\n", names[0], names[1], public)
	return nil
}

// encode returns the content of the secret key's file.
func (v *keygenVerb) encode(e *env, private minisign.PrivateKey) ([]byte, error) {
	if v.Unencrypted {
		return private.MarshalText()
	}
	password, err := v.newPassword(e)
	if err != nil {
		return nil, err
	}
	return minisign.EncryptKey(password, private)
}

// newPassword asks twice, because a mistyped password would lose the key.
func (p *passwordFlags) newPassword(e *env) (string, error) {
	password, err := p.password(e, "Password of the new secret key: ")
	if err != nil || p.PasswordFile != "" {
		return password, err
	}
	again, err := p.password(e, "The same again: ")
	if err == nil && again != password {
		err = errors.New("the two passwords differ")
	}
	return password, err
}

func (p *passwordFlags) password(e *env, prompt string) (password string, err error) {
	switch {
	case p.PasswordFile != "":
		var text []byte
		text, err = input.File(e.ctx, p.PasswordFile)
		password, _, _ = strings.Cut(string(text), "\n")
		password = strings.TrimSuffix(password, "\r")
	case e.password == nil:
		return "", errors.New("there is no terminal to ask for the password: use --password-file")
	default:
		password, err = e.password(e.ctx, prompt)
	}
	if err == nil && password == "" {
		err = errors.New("the password is empty; keygen -W makes a key without one")
	}
	return password, err
}

// secretKey reads a secret key, and its password if the key is encrypted.
func (p *passwordFlags) secretKey(e *env, path string) (key minisign.PrivateKey, err error) {
	text, err := input.File(e.ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return key, fmt.Errorf("there is no secret key %q; becket keygen makes one", path)
	}
	if err != nil {
		return key, err
	}
	text = []byte(strings.TrimSpace(string(text)))
	if !minisign.IsEncrypted(text) {
		if key.UnmarshalText(text) != nil {
			return key, fmt.Errorf("%q is not a secret key of minisign", path)
		}
		return key, nil
	}
	password, err := p.password(e, "Password of "+path+": ")
	if err != nil {
		return key, err
	}
	if key, err = minisign.DecryptKey(password, text); err != nil {
		return key, fmt.Errorf("%q cannot be decrypted: the password is wrong", path)
	}
	return key, nil
}
