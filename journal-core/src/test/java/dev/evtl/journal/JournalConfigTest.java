package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JournalConfigTest {
    private static Arguments bad(final String message, final UnaryOperator<JournalConfig.Builder> setting) {
        return Arguments.of(message, setting);
    }

    static Stream<Arguments> badSettings() {
        final String days = " is not above 0 and at most a day";
        return Stream.of(
                bad("ringSize 0 is not a power of two from 1024 to 1073741824", c -> c.ringSize(0)),
                bad("ringSize -1024 is not a power of two from 1024 to 1073741824", c -> c.ringSize(-1024)),
                bad(
                        "ringSize -2147483648 is not a power of two from 1024 to 1073741824",
                        c -> c.ringSize(Integer.MIN_VALUE)),
                bad("ringSize 512 is not a power of two from 1024 to 1073741824", c -> c.ringSize(512)),
                bad("ringSize 1000000 is not a power of two from 1024 to 1073741824", c -> c.ringSize(1_000_000)),
                bad(
                        "ringSize 524288 is too small for maxPayloadLength 65535, which needs at least 1048576",
                        c -> c.ringSize(1 << 19)),
                bad(
                        "ringSize 1024 is too small for maxPayloadLength 113, which needs at least 2048",
                        c -> c.ringSize(1024).maxPayloadLength(113)),
                bad("maxPayloadLength -1 is not from 0 to 65535", c -> c.maxPayloadLength(-1)),
                bad("maxPayloadLength 65536 is not from 0 to 65535", c -> c.maxPayloadLength(65_536)),
                bad("initialSize 4095 is below a page, 4096 bytes", c -> c.initialSize(4095)),
                bad("initialSize -1 is below a page, 4096 bytes", c -> c.initialSize(-1)),
                bad("maxSize 0 is below a page, 4096 bytes", c -> c.maxSize(0, WhenFull.FAIL)),
                bad("growth step 4095 is below a page, 4096 bytes", c -> c.growth(Growth.steps(4095))),
                bad("growth step 0 is below a page, 4096 bytes", c -> c.growth(Growth.steps(0))),
                bad("growth step -1 is below a page, 4096 bytes", c -> c.growth(new Growth(-1))),
                bad("baseSequence -1 is not from 0 to 4611686018427387904", c -> c.baseSequence(-1)),
                bad(
                        "baseSequence 4611686018427387905 is not from 0 to 4611686018427387904",
                        c -> c.baseSequence((1L << 62) + 1)),
                bad(
                        "baseSequence 9223372036854775807 is not from 0 to 4611686018427387904",
                        c -> c.baseSequence(Long.MAX_VALUE)),
                bad(
                        "baseSequence -9223372036854775808 is not from 0 to 4611686018427387904",
                        c -> c.baseSequence(Long.MIN_VALUE)),
                bad("blockTimeout PT0S" + days, c -> c.blockTimeout(Duration.ZERO)),
                bad("syncTimeout PT-0.000000001S" + days, c -> c.syncTimeout(Duration.ofNanos(-1))),
                bad("closeTimeout PT0S" + days, c -> c.closeTimeout(Duration.ZERO)),
                bad("closeTimeout PT-1S" + days, c -> c.closeTimeout(Duration.ofSeconds(-1))),
                bad(
                        "closeTimeout PT24H0.000000001S" + days,
                        c -> c.closeTimeout(Duration.ofDays(1).plusNanos(1))),
                bad("stuckClaimTimeout PT0S" + days, c -> c.stuckClaimTimeout(Duration.ZERO)),
                bad("stuckClaimTimeout PT48H" + days, c -> c.stuckClaimTimeout(Duration.ofDays(2))),
                bad("sync interval PT0S" + days, c -> c.syncPolicy(SyncPolicy.interval(Duration.ZERO))),
                bad("sync interval PT-0.001S" + days, c -> c.syncPolicy(SyncPolicy.interval(Duration.ofMillis(-1)))),
                bad("sync bytes 0 is not above 0", c -> c.syncPolicy(SyncPolicy.bytes(0))),
                bad("sync bytes -5 is not above 0", c -> c.syncPolicy(SyncPolicy.bytes(-5))),
                bad(
                        "closeOnShutdown does not go with appenderMode INVOKER: the hook cannot run the application's appender",
                        c -> c.closeOnShutdown(true).appenderMode(AppenderMode.INVOKER)),
                bad("initialSize 9223372036854775807 is above 70368744177664", c -> c.initialSize(Long.MAX_VALUE)),
                bad(
                        "growth step 9223372036854775807 is above 70368744177664",
                        c -> c.growth(Growth.steps(Long.MAX_VALUE))),
                bad(
                        "filePermissions r--r--r-- do not let the owner read and write",
                        c -> c.filePermissions(PosixFilePermissions.fromString("r--r--r--"))));
    }

    @ParameterizedTest
    @MethodSource("badSettings")
    void badSettingIsRefusedNamingSettingValueAndBound(
            final String message, final UnaryOperator<JournalConfig.Builder> setting) {
        final IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> setting.apply(JournalConfig.builder()).build());
        assertEquals(message, e.getMessage());
    }

    static Stream<Arguments> missingSettings() {
        return Stream.of(
                bad("openMode", c -> c.openMode(null)),
                bad("backPressure", c -> c.backPressure(null)),
                bad("blockIdleStrategy", c -> c.blockIdleStrategy(null)),
                bad("blockTimeout", c -> c.blockTimeout(null)),
                bad("syncTimeout", c -> c.syncTimeout(null)),
                bad("growth", c -> c.growth(null)),
                bad("whenFull", c -> c.maxSize(4096, null)),
                bad("syncPolicy", c -> c.syncPolicy(null)),
                bad("filePermissions", c -> c.filePermissions(null)),
                bad("clock", c -> c.clock(null)),
                bad("idleStrategy", c -> c.idleStrategy(null)),
                bad("listener", c -> c.listener(null)),
                bad("threadFactory", c -> c.threadFactory(null)),
                bad("closeTimeout", c -> c.closeTimeout(null)),
                bad("stuckClaimTimeout", c -> c.stuckClaimTimeout(null)));
    }

    @ParameterizedTest
    @MethodSource("missingSettings")
    void missingSettingIsNamed(final String setting, final UnaryOperator<JournalConfig.Builder> set) {
        assertEquals(
                setting,
                assertThrows(NullPointerException.class, () -> set.apply(JournalConfig.builder()))
                        .getMessage());
    }

    @Test
    void boundsThemselvesAreAllowed() {
        JournalConfig.builder()
                .ringSize(1024)
                .maxPayloadLength(112)
                .initialSize(4096)
                .baseSequence(1L << 62)
                .maxSize(4096, WhenFull.DROP)
                .growth(Growth.steps(4096))
                .closeTimeout(Duration.ofNanos(1))
                .stuckClaimTimeout(Duration.ofDays(1))
                .syncPolicy(SyncPolicy.bytes(1))
                .build();
        JournalConfig.builder().ringSize(1 << 20).maxPayloadLength(65_535).build();
    }

    @Test
    void policiesAndGrowthsSayWhatTheyAre() {
        assertEquals("none", SyncPolicy.NONE.toString());
        assertEquals("every batch", SyncPolicy.EVERY_BATCH.toString());
        assertEquals("every PT0.005S", SyncPolicy.interval(Duration.ofMillis(5)).toString());
        assertEquals("every 4096 bytes", SyncPolicy.bytes(4096).toString());
        assertEquals("doubling", Growth.DOUBLING.toString());
        assertEquals("steps of 4096 bytes", Growth.steps(4096).toString());
    }
}
