package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/nats"
	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/redis"
)

// enginePassword is the password of every engine in the tests.
const enginePassword = "hush-hush"

// engine is a server that runs in a process of its own until the test ends.
type engine struct {
	to      string        // the target, with user and password
	name    string        // the target's name in outputs
	source  becket.Source // as a program has it
	process *os.Process
}

// installed returns the path of the first program that exists. Without one, the test is skipped,
// but not in a pipeline.
func installed(t *testing.T, programs ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts a server")
	}
	for _, program := range programs {
		if path, err := exec.LookPath(program); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing", programs[0])
	}
	t.Skipf("%s is not installed", programs[0])
	return ""
}

func freeAddress(t *testing.T) (address, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return listener.Addr().String(), port
}

// launch starts a server and waits until a function has no error.
func launch(t *testing.T, server *exec.Cmd, answers func(ctx context.Context) error) *os.Process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	server.Stdout, server.Stderr = log, log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGCONT)
		_ = server.Process.Signal(syscall.SIGQUIT) // PostgreSQL then ends its other processes
		ended := time.AfterFunc(20*time.Second, func() { _ = server.Process.Kill() })
		_ = server.Wait()
		ended.Stop()
		_ = log.Close()
	})
	var failed error
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		failed = answers(ctx)
		if cancel(); failed == nil {
			return server.Process
		}
	}
	text, err := os.ReadFile(log.Name())
	require.NoError(t, errors.Join(failed, err), "%s", text)
	return nil
}

func startNATS(t *testing.T) *engine {
	t.Helper()
	address, port := freeAddress(t)
	server := exec.Command(installed(t, "nats-server"), "-a", "127.0.0.1", "-p", port, "-js", "-sd", t.TempDir(),
		"--user", "mara", "--pass", enginePassword)
	url := fmt.Sprintf("nats://mara:%s@%s", enginePassword, address)
	var stream jetstream.JetStream
	process := launch(t, server, func(ctx context.Context) error {
		connection, err := natsio.Connect(url)
		if err != nil {
			return err
		}
		if stream, err = jetstream.New(connection); err == nil {
			_, err = stream.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "FLAGS"})
		}
		if err != nil {
			connection.Close()
			return err
		}
		t.Cleanup(connection.Close)
		return nil
	})
	return &engine{
		to: url + "/FLAGS/shop", name: "nats://" + address + "/FLAGS/shop", process: process,
		source: nats.Source(stream, "FLAGS", "shop"),
	}
}

func startRedis(t *testing.T) *engine {
	t.Helper()
	address, port := freeAddress(t)
	server := exec.Command(installed(t, "redis-server", "valkey-server"), "--bind", "127.0.0.1", "--port", port,
		"--save", "", "--dir", t.TempDir(), "--requirepass", enginePassword)
	client := goredis.NewClient(&goredis.Options{Addr: address, Password: enginePassword})
	process := launch(t, server, func(ctx context.Context) error { return client.Ping(ctx).Err() })
	t.Cleanup(func() { _ = client.Close() })
	return &engine{
		to:   fmt.Sprintf("redis://:%s@%s/0?key=shop", enginePassword, address),
		name: "redis://" + address + "/0?key=shop", process: process, source: redis.Source(client, "shop"),
	}
}

// asPostgres makes a command run as the user postgres if this process is root's, because PostgreSQL
// refuses to run as root.
func asPostgres(t *testing.T, command *exec.Cmd, folders ...string) *exec.Cmd {
	t.Helper()
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return command
	}
	owner, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, err := strconv.Atoi(owner.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(owner.Gid)
	require.NoError(t, err)
	for _, folder := range folders {
		require.NoError(t, os.Chmod(filepath.Dir(folder), 0o711))
		require.NoError(t, os.Chown(folder, uid, gid))
	}
	command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return command
}

func startPostgres(t *testing.T) *engine {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // as Debian has it
	require.NoError(t, err)
	slices.Reverse(found)
	initdb := installed(t, append(found, "initdb")...)
	folder := t.TempDir()
	secret := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte(enginePassword+"\n"), 0o600))
	create := asPostgres(t, exec.Command(initdb, "-D", folder, "-U", "mara", "-A", "scram-sha-256",
		"--pwfile", secret, "--no-sync"), folder, secret)
	output, err := create.CombinedOutput()
	require.NoError(t, err, "%s", output)
	address, port := freeAddress(t)
	server := asPostgres(t, exec.Command(filepath.Join(filepath.Dir(initdb), "postgres"), "-D", folder, "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"))
	url := fmt.Sprintf("postgres://mara:%s@%s/postgres?sslmode=disable", enginePassword, address)
	process := launch(t, server, func(ctx context.Context) error {
		connection, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		return errors.Join(postgres.Migrate(ctx, connection), connection.Close(ctx))
	})
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return &engine{
		to: url + "&name=shop", name: "postgres://" + address + "/postgres?name=shop", process: process,
		source: postgres.Source(pool, "shop"),
	}
}
