# References for the mixed model, from R: lme4 with its convergence tightened, lmerTest's
# Satterthwaite and pbkrtest's Kenward-Roger. Called by make_references.py, which writes the designs.
#   Rscript make_references.R FOLDER   (FOLDER/<set>.csv: y, time, arm, animal)
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)})
folder <- commandArgs(TRUE)[1]
contrasts_of <- function(G) {
  bliss <- c(G - 3, rep(-1, G - 2), 1)
  against_a <- replace(replace(numeric(G), 2, -1), G, 1)
  list(bliss = bliss, against_a = against_a)
}
constrained <- function(name, d) {
  G <- max(d$arm) + 1
  X <- sapply(seq_len(G) - 1, function(g) ifelse(d$arm == g, d$time, 0))
  colnames(X) <- paste0("g", seq_len(G))
  d <- cbind(d, X)
  formula <- as.formula(paste("y ~ 1 +", paste(colnames(X), collapse = " + "), "+ (1 + time | animal)"))
  control <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE,
    optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_rel = 1e-14, xtol_abs = 1e-14,
                   ftol_rel = 1e-16, ftol_abs = 1e-14, maxeval = 100000))
  fit <- lmer(formula, data = d, REML = TRUE, control = control)
  ml <- lmer(formula, data = d, REML = FALSE, control = control)
  vc <- as.data.frame(VarCorr(fit))$vcov
  rows <- lapply(names(contrasts_of(G)), function(k) {
    L <- c(0, contrasts_of(G)[[k]])
    s <- contest1D(fit, L, ddf = "Satterthwaite")
    kr <- contest1D(fit, L, ddf = "Kenward-Roger")
    data.frame(set = name, contrast = k, estimate = s$Estimate, se = s[["Std. Error"]],
      df_satterthwaite = s$df, p_satterthwaite = s[["Pr(>|t|)"]], se_kenward_roger = kr[["Std. Error"]],
      df_kenward_roger = kr$df, p_kenward_roger = kr[["Pr(>|t|)"]], var_intercept = vc[1],
      var_slope = vc[2], covariance = vc[3], var_residual = vc[4],
      loglik_reml = as.numeric(logLik(fit)), loglik_ml = as.numeric(logLik(ml)))
  })
  do.call(rbind, rows)
}
files <- list.files(folder, pattern = "csv$", full.names = TRUE)
tables <- lapply(files, function(f) {
  constrained(sub("[.]csv$", "", basename(f)), read.csv(f, colClasses = c(animal = "character")))
})
options(digits = 15)
write.csv(do.call(rbind, tables), file.path(folder, "lmertest.out"), row.names = FALSE)
versions <- sapply(c("lme4", "lmerTest", "pbkrtest"), function(p) as.character(packageVersion(p)))
cat("R", as.character(getRversion()), paste(names(versions), versions), "\n")
