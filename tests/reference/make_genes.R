# Makes gene_counts.csv (simulated reads of eight samples) and gene_tests.csv, gene_norm.csv, gene_smooth.csv.
# Rscript tests/reference/make_genes.R; needs limma and edgeR.
suppressMessages({library(limma); library(edgeR)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
set.seed(20)
G <- 400; S <- 8
group <- rep(c(0, 1), each = 4); batch <- rep(c(0, 1), 4)
level <- exp(rnorm(G, 4, 1.6)); size <- 0.05 + rexp(G, 8)
effect <- ifelse(runif(G) < 0.15, rnorm(G, 0, 1.2), 0)
depth <- c(1, 1.3, .7, 1.1, 2, 1.6, .9, 1.2)
mu <- level * exp(outer(effect, group)) * rep(depth, each = G)
counts <- matrix(rnbinom(G * S, mu = mu, size = 1 / size), G)
counts[1:3, ] <- 0
write.csv(counts, file.path(here, "gene_counts.csv"), row.names = FALSE)

X <- cbind(1, group, batch)
d <- calcNormFactors(DGEList(counts), method = "TMM")
v <- voom(d, X)
weighted <- eBayes(lmFit(v, X))
plain <- eBayes(lmFit(v$E, X))
table <- function(fit, name) data.frame(
  model = name, gene = seq_len(G), value = fit$coefficients[, 2], t = fit$t[, 2],
  p = fit$p.value[, 2], df = fit$df.total, prior_df = fit$df.prior, prior_variance = fit$s2.prior,
  weight_1 = if (name == "voom") v$weights[, 1] else NA,
  weight_8 = if (name == "voom") v$weights[, 8] else NA)
out <- rbind(table(weighted, "voom"), table(plain, "plain"))
out <- format(out, digits = 15)
write.csv(out, file.path(here, "gene_tests.csv"), row.names = FALSE, quote = FALSE)
norm <- data.frame(sample = 1:S, factor = format(d$samples$norm.factors, digits = 15))
write.csv(norm, file.path(here, "gene_norm.csv"), row.names = FALSE, quote = FALSE)
x <- c(sort(round(rnorm(150), 2)), 9); y <- sin(x) + rnorm(151, 0, .3); y[20] <- 8
out <- data.frame(x = format(x, digits = 15), y = format(y, digits = 15))
for (span in c(.2, .5, .9)) out[[paste0("span_", span)]] <- format(lowess(x, y, f = span)$y, digits = 15)
write.csv(out, file.path(here, "gene_smooth.csv"), row.names = FALSE, quote = FALSE)
